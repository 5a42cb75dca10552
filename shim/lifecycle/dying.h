// SPDX-License-Identifier: MIT
/*
 * Finds the crash into an unloaded module of which the process dies, and reports it, once. A
 * handler of ours is called for it (lifecycle/crash.h); or one of the program's was, which ends the
 * process itself, or has another thread do that (lifecycle/handled.h).
 *
 * Inside the guard, without any of our locks.
 */
#ifndef DLPIN_LIFECYCLE_DYING_H
#define DLPIN_LIFECYCLE_DYING_H

#include "lifecycle/handled.h"

/* How the process ends: with the status 0; otherwise; by a signal that it sends itself. */
enum crash_end { CRASH_END_WELL, CRASH_END, CRASH_END_SIGNAL };

/* The process dies of this signal. Where it is of another cause, our findings are still written. */
void dying_report(struct delivery delivery);

/*
 * The process ends by itself. If it does so in a handler of the program's for a crash, or while
 * another thread is in one, reports the crash: the latter not where all is well for the program,
 * whose thread then stays in its handler for good.
 */
void dying_ends(enum crash_end end);

/* Without the guard, too. */
bool dying_is_reported(void);

/* In a fork child: the handler of a crash forks, to run a debugger for example. */
void dying_fork_child(bool may_be_handling);

#endif
