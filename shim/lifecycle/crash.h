// SPDX-License-Identifier: MIT
/*
 * When the process dies at an address of an unloaded module, this reports which module.
 *
 * A handler of ours takes SIGSEGV, SIGBUS and SIGILL, but only where the program has none, or one
 * whose code is unloaded, and from the first unload on. Where the program has one for these, ours
 * takes the signals with which code ends a process that finds an error (SIGABRT, SIGFPE, SIGTRAP).
 * It runs on the stack of the crashing thread, of which it takes next to nothing, and makes its
 * notes on a stack of our own. Then it puts back the disposition that it replaced, and returns: the
 * instruction fails once more, so that status, core dump and innermost frame are as without us. A
 * signal that was sent is sent again.
 *
 * The program never sees our handler: its queries of dispositions get the replaced one. If the
 * program sets a handler of its own, ours is removed; if it sets SIG_DFL, ours comes back. The
 * crash that the program's own handler was called for is found when the handler raises the signal
 * again, aborts or ends the process (lifecycle/handled.h).
 */
#ifndef DLPIN_LIFECYCLE_CRASH_H
#define DLPIN_LIFECYCLE_CRASH_H

#include "base/action.h"
#include "lifecycle/dying.h"

#include <sys/types.h>

/* A crash is possible from now on. Idempotent, inside the guard, whatever locks are held. */
void crash_listen(void);

/* The program has changed what handles this signal. Inside the guard. */
void crash_listen_again(int number);

/* Modules were unloaded, and handlers may have been in them. Inside the guard, without any of our
 * locks. */
void crash_listen_to_left(void);

/* The process ends by itself, or is about to send itself a signal that ends it (lifecycle/dying.h).
 * Inside the guard, without any of our locks. */
void crash_ending(enum crash_end end);

/* True if a signal would end the process now, and a crash is possible. Any phase, also outside of
 * the guard; errno may change. */
bool crash_sends_end(int number);

/* Such a signal is about to be sent to a thread, or (0) to the process; and it was, and the process
 * goes on. Inside the guard, without any of our locks. */
void crash_sending(int number, pid_t tid);
void crash_sent(int number);

/* The program calls abort(3). Inside the guard, without any of our locks. */
void crash_aborting(void);

/* In a fork child: the handler of a crash forks, to run a debugger for example. Inside the guard,
 * without any of our locks. */
void crash_fork_child(void);

/* Puts back the dispositions that the program would have without us: for this signal, for a moment;
 * for all signals, for good. */
void crash_step_aside(int number);
void crash_leave(void);

/* Shows the program its own disposition instead of ours. Any phase, also outside of the guard;
 * async-signal-safe. */
void crash_hide(int number, struct sigaction *action);
__sighandler_t crash_hide_handler(int number, __sighandler_t handler);

#endif
