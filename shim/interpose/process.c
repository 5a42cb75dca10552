// SPDX-License-Identifier: MIT
/* Functions that end the process. A handler on a small stack may call any of them. */
#include "base/action.h"
#include "interpose/exit_marker.h"
#include "interpose/own_process.h"
#include "interpose/real.h"
#include "lifecycle/check.h"
#include "lifecycle/ending.h"
#include "lifecycle/start.h"
#include "registry/libc_lists.h"

struct ending {
    const char *ended;
    int status;
};

static void finish_here(void *data)
{
    struct ending *ending = data;
    int saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    lifecycle_exit_begins();
    lifecycle_finish(ending->ended);
    ending->status = lifecycle_exit_status(ending->status);
    guard_leave(saved_errno);
}

static int finish(const char *ended, int status)
{
    struct ending ending = {ended, status};
    own_process_run(finish_here, &ending);
    return ending.status;
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

/* True for signals that a handler for a crash ends with, whatever is done with them now, and for
 * those that end the process. */
static bool may_end(int number)
{
    struct action action;
    switch (number) {
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGABRT:
        return true;
    case 0:
    case SIGCHLD:
    case SIGCONT:
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGURG:
    case SIGWINCH:
        return false;
    default:
        return action_get(number, &action) && action.handler == SIG_DFL;
    }
}

static void note_sent_here(void *data)
{
    const int *number = data;
    int saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    if (may_end(*number))
        lifecycle_aborting();
    guard_leave(saved_errno);
}

/* The process sends itself a signal; another thread may get it. */
static void note_sent(int number)
{
    own_process_run(note_sent_here, &number);
}

EXPORT void abort(void)
{
    real_need(real_abort);
    note_sent(SIGABRT);
    real_abort();
    __builtin_unreachable();
}

EXPORT int kill(pid_t pid, int number)
{
    real_need(real_kill);
    if (pid == 0 || pid == (pid_t)atomic_load(&lifecycle_pid))
        note_sent(number);
    return real_kill(pid, number);
}

EXPORT int raise(int number)
{
    real_need(real_raise);
    note_sent(number);
    return real_raise(number);
}

/* Registered before anything else, so that it runs after every other handler and destructor. A
 * second call of exit in such a handler continues with the rest (stdio's flushing) and changes the
 * status. */
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

/* A registration under a handle that is nobody else's shows where libc keeps its list. */
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
