// SPDX-License-Identifier: MIT
/*
 * "Check now", asked for from outside with a signal (dlpin leaks).
 *
 * The signal is one that the C library keeps to itself (the option check_signal): no function of it
 * tells a program of its handler, lets it set another one, or blocks it. Only a process that may
 * send this one a signal can ask, and the answer is in the report file alone.
 *
 * The sender chooses a thread that waits in a system call which can be begun anew
 * (lifecycle/resume.h), and names that call. The check runs in the handler, on that thread, with
 * all signals blocked. It takes none of the loader's locks: loads and unloads are known from the
 * calls that made them. Where the thread is inside the shim already, or holds our locks for a fork,
 * the handler does nothing and gives no answer: the sender then asks another thread.
 */
#ifndef DLPIN_LIFECYCLE_REQUEST_H
#define DLPIN_LIFECYCLE_REQUEST_H

/* From now on requests are served, if the options say so. Also where the C library has set its own
 * handler since: all other signals are passed on to that. Inside the guard. */
void request_listen(void);

/* Puts back the earlier handler, for good. */
void request_leave(void);

#endif
