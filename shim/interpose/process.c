// SPDX-License-Identifier: MIT
/* The ways in which a process, or its image, ends. */
#include "interpose/loader.h"
#include "interpose/real.h"
#include "interpose/settle.h"
#include "lifecycle/lifecycle.h"

static bool enter_own(int *saved_errno)
{
    if (!lifecycle_enter(saved_errno))
        return false;
    if (lifecycle_is_own_process())
        return true;
    guard_leave(*saved_errno);
    return false;
}

static int finish(const char *ended, int status)
{
    int saved_errno;
    if (!enter_own(&saved_errno))
        return status;
    lifecycle_exiting();
    lifecycle_finish(ended);
    status = lifecycle_exit_status(status);
    guard_leave(saved_errno);
    return status;
}

/* The image goes if this works; if not, the program goes on, and so do we. */
void note_exec(void)
{
    int saved_errno;
    real_need(real_execve);
    if (!enter_own(&saved_errno))
        return;
    lifecycle_finish("exec");
    guard_leave(saved_errno);
}

static void begin_exit(void)
{
    int saved_errno;
    if (!enter_own(&saved_errno))
        return;
    lifecycle_exiting();
    guard_leave(saved_errno);
}

EXPORT void exit(int status)
{
    real_need(real_exit);
    begin_exit();
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
    begin_exit();
}

__attribute__((constructor(102))) static void watch_end(void)
{
    on_exit(at_exit, NULL);
    at_quick_exit(at_quick);
}
