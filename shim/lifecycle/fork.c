// SPDX-License-Identifier: MIT
#include "lifecycle/fork.h"
#include "base/own_stack.h"
#include "lifecycle/crash.h"
#include "lifecycle/locks.h"
#include "lifecycle/process.h"
#include "modules/agenda.h"
#include "registry/libc_lists.h"
#include "registry/opens.h"
#include "registry/registrations.h"
#include "registry/threads.h"
#include "report/report.h"
#include "scan/scan.h"

#include <pthread.h>

/* This thread forks, and is inside the guard meanwhile. */
static __thread bool inside __attribute__((tls_model("initial-exec")));

/* A signal handler that forks above our own code would wait for itself; so would one that comes
 * while this thread forks: it is inside the guard then, and does nothing. */
static void before(void)
{
    int saved_errno;
    guard.in_fork = true;
    if (!process_enter(&saved_errno))
        return;
    inside = true;
    locks_hold_all();
}

/* errno has fork's result by now. */
static void leave(void)
{
    if (inside)
        guard_leave(errno);
    inside = false;
    guard.in_fork = false;
}

static void after_in_parent(void)
{
    locks_free_all();
    leave();
}

static void after_in_child(void)
{
    int saved_errno;
    locks_reset();
    own_stack_fork_child();
    leave();
    if (!process_enter(&saved_errno))
        return;
    process_fork_child();
    modules_fork_child();
    threads_fork_child();
    opens_fork_child();
    registrations_fork_child();
    scan_fork_child();
    agenda_fork_child();
    report_fork_child();
    crash_fork_child();
    guard_leave(saved_errno);
}

void lifecycle_watch_forks(void)
{
    pthread_atfork(before, after_in_parent, after_in_child);
    libc_lists_find_fork((const uintptr_t[]){(uintptr_t)before, (uintptr_t)after_in_parent,
                                             (uintptr_t)after_in_child});
}
