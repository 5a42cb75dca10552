// SPDX-License-Identifier: MIT
#include "interpose/confinement.h"
#include "base/calls.h"
#include "base/guard.h"
#include "base/own_stack.h"
#include "interpose/own_process.h"
#include "interpose/real.h"
#include "lifecycle/ending.h"
#include "scan/stacks.h"

#include <linux/seccomp.h>
#include <stdarg.h>

/* A filter for system calls comes, or may come from now on by calls that do not pass here
 * (libseccomp sets this first). Without a filter the program only asks if it could set one. */
static bool confines(int option, unsigned long first, unsigned long second)
{
    return (option == PR_SET_NO_NEW_PRIVS && first) ||
           (option == PR_SET_SECCOMP && (second || first == SECCOMP_MODE_STRICT));
}

/* seccomp(2). Without a filter the program only asks, too: libseccomp does this to learn which
 * flags there are; and with a strict mode with flags, which the kernel refuses, to learn if this
 * call exists. */
static bool confines_by_seccomp(unsigned long operation, unsigned long flags, unsigned long filter)
{
    return (operation == SECCOMP_SET_MODE_STRICT && !flags && !filter) ||
           (operation == SECCOMP_SET_MODE_FILTER && filter);
}

static void note_confined_here(void *unused)
{
    int saved_errno;
    real_need(real_prctl);
    if (!own_process_enter(&saved_errno))
        return;
    lifecycle_confine();
    guard_leave(saved_errno);
}

/* A process made by clone(2) is not ours, and keeps asking for a filter until it has one that kills
 * for the question. If it shares our memory, as a child of vfork(2) does, the end of its calls is
 * the end of ours: only a filter itself is worth that. */
static void note_confined(bool is_filter)
{
    int saved_errno = errno;
    if (!own_process_may_enter()) {
        if (is_filter || stack_owns_memory())
            calls_meet_filter();
        errno = saved_errno;
        return;
    }
    if (!own_stack_run(note_confined_here, NULL))
        lifecycle_leave(); /* the rest can be left out, but not this */
    calls_end();
}

void confinement_note_prctl(int option, unsigned long first, unsigned long second)
{
    if (confines(option, first, second))
        note_confined(option == PR_SET_SECCOMP);
}

void confinement_note_seccomp(unsigned long operation, unsigned long flags, unsigned long filter)
{
    if (confines_by_seccomp(operation, flags, filter))
        note_confined(true);
}

EXPORT int prctl(int option, ...)
{
    unsigned long given[4];
    va_list arguments;
    va_start(arguments, option);
    for (unsigned i = 0; i < ARRAY_SIZE(given); i++)
        given[i] = va_arg(arguments, unsigned long);
    va_end(arguments);
    real_need(real_prctl);
    confinement_note_prctl(option, given[0], given[1]);
    return real_prctl(option, given[0], given[1], given[2], given[3]);
}
