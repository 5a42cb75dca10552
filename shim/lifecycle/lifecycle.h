// SPDX-License-Identifier: MIT
/*
 * The shim's life in a process: when it is active, what happens around a dlclose, at fork, and at
 * the end.
 *
 * Phases: EARLY (before the first event after libc has its environment: calls only pass through),
 * ACTIVE, and INERT (set-user-ID, confined, or nothing could be set up: calls pass through for
 * good).
 */
#ifndef DLPIN_LIFECYCLE_LIFECYCLE_H
#define DLPIN_LIFECYCLE_LIFECYCLE_H

#include "base/guard.h"
#include "registry/keys.h"
#include "report/report_format.h"

#include <stdatomic.h>
#include <stdint.h>

enum phase { PHASE_EARLY, PHASE_STARTING, PHASE_ACTIVE, PHASE_INERT };

extern _Atomic int lifecycle_phase;

/* Makes the shim active, if that can be yet; the constructor and the first event call it. */
void lifecycle_start(void);

/* Enters the shim from an interposed function: false where there is nothing to do but the real
 * call. */
static inline bool lifecycle_enter(int *saved_errno)
{
    int phase = atomic_load_explicit(&lifecycle_phase, memory_order_acquire);
    if (unlikely(phase == PHASE_EARLY)) {
        lifecycle_start();
        phase = atomic_load_explicit(&lifecycle_phase, memory_order_acquire);
    }
    return phase == PHASE_ACTIVE && guard_enter(saved_errno);
}

/* All of the following: inside the guard, without any of our locks. */

/* Something may have been loaded or unloaded: looks at the loader's list, and checks. Takes the
 * list lock, so only around the loader's own functions (modules/modules.h). */
void lifecycle_settle(void);

/* Looks at the loader's list and at the handles, and checks nothing; a dlopen of the calling thread
 * may be under way. Takes the list lock, as unwinding does. */
void lifecycle_look(void);

/* Notes which handles there are; `all`: see handles_each_opened. Like lifecycle_settle, which does
 * it after each dlopen. */
void lifecycle_settle_handles(bool all);

/* A dlopen begins: what was unloaded is looked at, before something else lies there. */
void lifecycle_loading(void);

/* A dlclose of this handle begins, or has run the destructors of the module at this address: what
 * could kill the process at the unmapping is written. */
void lifecycle_closing_handle(const void *handle);
void lifecycle_finalizing(uintptr_t address); /* is about to run them */
void lifecycle_closing_module(uintptr_t address);

/* A dlclose is over. */
void lifecycle_closed(void);

/* Looks at everything that is registered. */
void lifecycle_check(enum occasion at);

/* The same now, memory included, because somebody asks. Returns how many findings still hold that
 * no earlier request was told of. */
unsigned lifecycle_request(void);

/* The calling thread deleted a key. `was` is released here; `error` is what the call returned;
 * `caller` its return address, and `callee` our function that was called. */
void lifecycle_key_deleted(uint32_t number, struct key *was, int error, uintptr_t caller,
                           uintptr_t callee);

/* The calling code, at `pc`, uses a key. True: it was that module's, and another one has deleted
 * it. */
bool lifecycle_key_used(uint32_t number, uintptr_t pc);

/* A task of this thread ends, or reads what another one left, at this return address. */
void lifecycle_task_ends(void);
void lifecycle_task_reads(uint32_t key, uintptr_t at);

/* A key or a thread is gone: resolves what was found of it. */
void lifecycle_gone(void);

/* False in a vfork child and the like, whose doings are not ours. */
bool lifecycle_is_own_process(void);

/* The process goes: `exit` begins, before its handlers and destructors run, or the image ends for
 * the reason `ended`. Looks no more at the loader's list: another thread may hold its lock for
 * good. */
void lifecycle_exit_begins(void);
void lifecycle_finish(const char *ended);

/* The program aborts: as much is said of it as of a crash. */
void lifecycle_aborting(void);

/*
 * The program is about to confine itself: a seccomp filter may kill it for system calls that it
 * does not need, and nobody can ask which ones these are without making them. The report is
 * finished; from then on calls only pass through, and no system call is made.
 */
void lifecycle_confine(void);

/* From now on calls only pass through. Also outside of the guard. */
void lifecycle_leave(void);

/* Leaves, too, where a filter is found to be there already: the report has no end then. */
void lifecycle_watch_filters(void);

/* The exit status: `status`, or what exitcode= says. */
int lifecycle_exit_status(int status);

/* All of our locks but the check lock, which the caller has: for a copy of the process, in which
 * they are free again after lifecycle_reset_locks. */
void lifecycle_hold_locks_below_check(void);
void lifecycle_free_locks_below_check(void);
void lifecycle_reset_locks(void);

/* Registers the fork handlers (lifecycle/fork.c). */
void lifecycle_watch_forks(void);

extern struct lock check_lock;
extern _Atomic int lifecycle_pid;

#endif
