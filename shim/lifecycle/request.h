// SPDX-License-Identifier: MIT
/*
 * "Check now", asked for from outside with a signal (dlpin leaks).
 *
 * The signal is one that the C library keeps to itself (the option check_signal): no function of it
 * tells a program of its handler, lets it set another one, or blocks it. Only who may send the
 * process a signal can ask, and the answer is in the report file alone.
 *
 * Who asks chooses the thread, one that waits in a system call which can be begun anew
 * (lifecycle/resume.h), and says which call that is. The check runs in the handler, on that thread,
 * with all signals blocked. It takes none of the loader's locks: what was loaded or unloaded is
 * known from the calls that did it. Where the thread is inside the shim already, or holds our locks
 * for a fork, nothing is done, and nothing answered: another thread is asked then.
 */
#ifndef DLPIN_LIFECYCLE_REQUEST_H
#define DLPIN_LIFECYCLE_REQUEST_H

/* From now on requests are served, if the options say so. Also where the C library has put its own
 * handler in place since: whatever is no request goes on to that. Inside the guard. */
void request_listen(void);

/* Puts back the earlier handler, for good. */
void request_leave(void);

#endif
