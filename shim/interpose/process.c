// SPDX-License-Identifier: MIT
/* Functions that end the process, but for signals (sent.c). A handler on a small stack may call any
 * of them. */
#include "interpose/exit_group.h"
#include "interpose/exit_marker.h"
#include "interpose/own_process.h"
#include "interpose/real.h"
#include "lifecycle/ending.h"
#include "lifecycle/process.h"
#include "lifecycle/start.h"
#include "registry/libc_lists.h"

struct ending {
    const char *ended;
    int status;
    bool is_well;
};

static void finish_here(void *data)
{
    struct ending *ending = data;
    int saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    lifecycle_exit();
    lifecycle_finish(ending->ended, ending->is_well);
    ending->status = lifecycle_exit_status(ending->status);
    guard_leave(saved_errno);
}

static int finish(const char *ended, int status, bool is_well)
{
    struct ending ending = {ended, status, is_well};
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
    real__exit(finish("_exit", status, status == 0));
    __builtin_unreachable();
}

EXPORT void _Exit(int status)
{
    real_need(real__Exit);
    real__Exit(finish("_exit", status, status == 0));
    __builtin_unreachable();
}

void note_exit_group(int status)
{
    if (process_is_active())
        finish("_exit", status, status == 0);
}

/* Registered before anything else, so that it runs after every other handler and destructor. A
 * second call of exit in such a handler continues with the rest (stdio's flushing) and changes the
 * status. */
static void at_exit(int status, void *unused)
{
    int wanted = finish("exit", status, status == 0);
    if (wanted != status)
        real_exit(wanted);
}

static void at_quick(void)
{
    int wanted = finish("quick_exit", 0, false); /* the status is not known */
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
