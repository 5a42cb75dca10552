// SPDX-License-Identifier: MIT
/*
 * Fork: the child must find our locks free and our tables whole. The handlers are registered before
 * any of the program's, so that ours run last before the fork and first after it: the locks are
 * held as briefly as can be, and the program's own handlers may do in between what they like.
 */
#include "lifecycle/check.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/stacks.h"
#include "base/arena.h"
#include "base/own_stack.h"
#include "base/sys.h"
#include "ownership/sites.h"
#include "registry/guards.h"
#include "registry/libc_lists.h"
#include "registry/opens.h"
#include "registry/threads.h"
#include "report/report.h"
#include "scan/scan.h"

#include <pthread.h>

/* In locking order (base/lock.h). */
static struct lock *const order[] = {&check_lock, &changes_lock, &report_lock, &registry_lock,
                                     &sites_lock, &modules_lock, &guards_lock, &arena_lock};
static bool taken[ARRAY_SIZE(order)];
/* This thread forks, and is inside the guard meanwhile. */
static __thread bool inside __attribute__((tls_model("initial-exec")));

static bool is_active(void)
{
    return atomic_load(&lifecycle_phase) == PHASE_ACTIVE;
}

static void hold(unsigned from)
{
    for (unsigned i = from; i < ARRAY_SIZE(order); i++)
        taken[i] = lock_acquire(order[i]);
}

static void let_go(unsigned from)
{
    for (unsigned i = ARRAY_SIZE(order); i-- > from;) {
        if (taken[i])
            lock_release(order[i]);
        taken[i] = false;
    }
}

void lifecycle_hold_locks_below_check(void)
{
    hold(1);
}

void lifecycle_free_locks_below_check(void)
{
    let_go(1);
}

void lifecycle_reset_locks(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
        lock_reset(order[i]);
        taken[i] = false;
    }
}

/* A signal handler that forks above our own code would wait for itself; and so would one that comes
 * while this thread forks: inside the guard it passes. */
static void before(void)
{
    int saved_errno;
    guard.in_fork = true;
    if (!is_active() || !guard_enter(&saved_errno))
        return;
    inside = true;
    hold(0);
}

/* errno is fork's by now. */
static void leave(void)
{
    if (inside)
        guard_leave(errno);
    inside = false;
    guard.in_fork = false;
}

static void after_in_parent(void)
{
    let_go(0);
    leave();
}

static void after_in_child(void)
{
    int saved_errno;
    lifecycle_reset_locks();
    own_stack_fork_child();
    leave();
    if (!is_active() || !guard_enter(&saved_errno))
        return;
    atomic_store(&lifecycle_pid, sys_getpid());
    modules_fork_child();
    check_fork_child();
    threads_fork_child();
    opens_fork_child();
    scan_fork_child();
    stacks_fork_child();
    report_fork_child();
    guard_leave(saved_errno);
}

void lifecycle_watch_forks(void)
{
    pthread_atfork(before, after_in_parent, after_in_child);
    libc_lists_find_fork((const uintptr_t[]){(uintptr_t)before, (uintptr_t)after_in_parent,
                                             (uintptr_t)after_in_child});
}
