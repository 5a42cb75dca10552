// SPDX-License-Identifier: MIT
/* The ways in which a process, its image, or its freedom to make system calls ends. */
#include "base/calls.h"
#include "base/own_stack.h"
#include "base/userfaults.h"
#include "interpose/exit_marker.h"
#include "interpose/loader.h"
#include "interpose/kernel.h"
#include "interpose/real.h"
#include "interpose/settle.h"
#include "lifecycle/lifecycle.h"
#include "registry/libc_lists.h"
#include "scan/stacks.h"

#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/syscall.h>

/* The rest of this file may be called by a handler on a small stack. What is none of our business,
 * as in a vfork child, costs no more than this. */
static bool is_ours(void)
{
    int phase = atomic_load_explicit(&lifecycle_phase, memory_order_acquire);
    return phase == PHASE_EARLY ||
           (phase == PHASE_ACTIVE && !guard.depth && lifecycle_is_own_process());
}

static void run(void (*work)(void *data), void *data)
{
    if (is_ours())
        own_stack_run(work, data);
}

static bool enter_own(int *saved_errno)
{
    if (!lifecycle_enter(saved_errno))
        return false;
    if (lifecycle_is_own_process())
        return true;
    guard_leave(*saved_errno);
    return false;
}

struct ending {
    const char *ended;
    int status;
};

static void finish_here(void *data)
{
    struct ending *ending = data;
    int saved_errno;
    if (!enter_own(&saved_errno))
        return;
    lifecycle_exit_begins();
    lifecycle_finish(ending->ended);
    ending->status = lifecycle_exit_status(ending->status);
    guard_leave(saved_errno);
}

static int finish(const char *ended, int status)
{
    struct ending ending = {ended, status};
    run(finish_here, &ending);
    return ending.status;
}

static void note_exec_here(void *unused)
{
    int saved_errno;
    if (!enter_own(&saved_errno))
        return;
    lifecycle_finish("exec");
    guard_leave(saved_errno);
}

/* The image goes if this works; if not, the program goes on, and so do we. */
void note_exec(void)
{
    real_need(real_execve);
    run(note_exec_here, NULL);
}

static void begin_exit_here(void *unused)
{
    int saved_errno;
    if (!enter_own(&saved_errno))
        return;
    if (guard.dlopen_pending)
        interpose_settle();
    lifecycle_exit_begins();
    guard_leave(saved_errno);
}

void note_exit_begins(void)
{
    run(begin_exit_here, NULL);
}

EXPORT void exit(int status)
{
    real_need(real_exit);
    note_exit_begins();
    real_exit(status);
    __builtin_unreachable();
}

EXPORT void _exit(int status)
{
    real_need(real__exit);
    real__exit(finish("_exit", status));
    __builtin_unreachable();
}

EXPORT void _Exit(int status)
{
    real_need(real__Exit);
    real__Exit(finish("_exit", status));
    __builtin_unreachable();
}

static void note_abort_here(void *unused)
{
    int saved_errno;
    if (!enter_own(&saved_errno))
        return;
    lifecycle_aborting();
    guard_leave(saved_errno);
}

EXPORT void abort(void)
{
    real_need(real_abort);
    run(note_abort_here, NULL);
    real_abort();
    __builtin_unreachable();
}

/* A handler of a crash may send its signal on; another thread may be the one that gets it. */
EXPORT int kill(pid_t pid, int number)
{
    real_need(real_kill);
    bool may_end = number == SIGSEGV || number == SIGBUS || number == SIGILL || number == SIGABRT;
    if (may_end && pid == (pid_t)atomic_load(&lifecycle_pid))
        run(note_abort_here, NULL);
    return real_kill(pid, number);
}

/* Registered before anything else, so that it runs after every other handler and destructor.
 * Calling exit again from such a handler goes on with the rest of it (stdio's flushing) and changes
 * the status. */
static void at_exit(int status, void *unused)
{
    int wanted = finish("exit", status);
    if (wanted != status)
        real_exit(wanted);
}

static void at_quick(void)
{
    int wanted = finish("quick_exit", 0);
    if (wanted)
        real__exit(wanted);
}

/* The loader runs the destructors of the program's modules after this one. */
__attribute__((destructor)) static void exit_began(void)
{
    note_exit_begins();
}

static void do_nothing(void *unused)
{
}

/* What is registered under a handle that is nobody else's shows where libc keeps it. */
static void find_exit_lists(void)
{
    static char handle;
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    real_need(real___cxa_atexit);
    real_need(real___cxa_finalize);
    real___cxa_atexit(do_nothing, NULL, &handle);
    if (real___cxa_at_quick_exit)
        real___cxa_at_quick_exit(do_nothing, &handle);
    libc_lists_find_exit((uintptr_t)&handle);
    real___cxa_finalize(&handle);
    guard_leave(saved_errno);
}

__attribute__((constructor(102))) static void watch_end(void)
{
    find_exit_lists();
    on_exit(at_exit, NULL);
    at_quick_exit(at_quick);
}

/* --- confinement
 * ---------------------------------------------------------------------------------------- */

/* A filter for system calls comes, or may come from now on by ways that do not pass here
 * (libseccomp sets this first). Where nothing is given, it is only asked whether there could be
 * one. */
static bool confines(int option, unsigned long first, unsigned long second)
{
    return (option == PR_SET_NO_NEW_PRIVS && first) ||
           (option == PR_SET_SECCOMP && (second || first == SECCOMP_MODE_STRICT));
}

/* seccomp(2). Without a filter it is only asked, too: libseccomp does it to learn of flags, and
 * whether there is this call at all by a strict mode with flags, which the kernel refuses. */
static bool confines_by_seccomp(unsigned long operation, unsigned long flags, unsigned long filter)
{
    return (operation == SECCOMP_SET_MODE_STRICT && !flags && !filter) ||
           (operation == SECCOMP_SET_MODE_FILTER && filter);
}

static void note_confined_here(void *unused)
{
    int saved_errno;
    real_need(real_prctl);
    if (!enter_own(&saved_errno))
        return;
    lifecycle_confine();
    guard_leave(saved_errno);
}

/* A process made by clone(2) is none of ours, and asks on for a filter until it has one that kills
 * for the question. Where it shares our memory, as a child of vfork(2) does, ending its calls ends
 * ours: only a filter itself is worth that. */
static void note_confined(bool is_filter)
{
    int saved_errno = errno;
    if (!is_ours()) {
        if (is_filter || stack_owns_memory())
            calls_meet_filter();
        errno = saved_errno;
        return;
    }
    if (!own_stack_run(note_confined_here, NULL))
        lifecycle_leave(); /* the rest can be left out, but not this */
    calls_end();
}

static void note_prctl(int option, unsigned long first, unsigned long second)
{
    if (confines(option, first, second))
        note_confined(option == PR_SET_SECCOMP);
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
    note_prctl(option, given[0], given[1]);
    return real_prctl(option, given[0], given[1], given[2], given[3]);
}

/* What comes as a bare number, and is worth knowing. */
void note_syscall(long number, unsigned long first, unsigned long second, unsigned long third)
{
    switch (number) {
    case SYS_seccomp:
        if (confines_by_seccomp(first, second, third))
            note_confined(true);
        break;
    case SYS_prctl:
        note_prctl((int)first, second, third);
        break;
    case SYS_userfaultfd:
        userfaults_note_made();
        break;
    case SYS_ioctl:
        note_ioctl((int)first, second, (const void *)third);
        break;
    default:
        break;
    }
}
