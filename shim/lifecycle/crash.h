// SPDX-License-Identifier: MIT
/*
 * The process dies at an address of an unloaded module: then it is said which one that was.
 *
 * A handler of ours takes SIGSEGV, SIGBUS and SIGILL, but only where the program has none, or one
 * whose code is unloaded, and from the first unload on. It is called on the stack of the thread
 * that crashes, of which it takes next to nothing, notes on a stack of our own what it must, sets
 * again what it stands in for, and returns: the instruction fails once more, so that status, core
 * dump and innermost frame are what they are without us. A signal that was sent is sent again.
 *
 * To the program there is no such handler: what tells it of dispositions says what ours stands in
 * for. Where the program sets one of its own, that is all there is; where it sets SIG_DFL, ours
 * comes back. What a handler of the program's was called for is found out when it raises the signal
 * again, aborts or ends the process (lifecycle/handled.h).
 */
#ifndef DLPIN_LIFECYCLE_CRASH_H
#define DLPIN_LIFECYCLE_CRASH_H

#include "base/action.h"

/* Something may crash from now on. Idempotent, inside the guard, whatever locks are held. */
void crash_listen(void);

/* The program has changed what handles this signal. Inside the guard. */
void crash_listen_again(int number);

/* Modules were unloaded, and handlers may have been in them. Inside the guard, without any of our
 * locks. */
void crash_listen_to_left(void);

/* The process ends by itself, perhaps in a handler of the program's for a crash: then that is said.
 * Inside the guard, without any of our locks. */
void crash_ending(void);

/* Puts back the dispositions that the program would have without us: for this signal, for a moment;
 * for all signals, for good. */
void crash_step_aside(int number);
void crash_leave(void);

/* Shows the program its own disposition instead of ours. Any phase, also outside of the guard;
 * async-signal-safe. */
void crash_hide(int number, struct sigaction *action);
__sighandler_t crash_hide_handler(int number, __sighandler_t handler);

#endif
