// SPDX-License-Identifier: MIT
/* The functions of include/dlpin.h, which programs may call. */
#define DLPIN_REFERENCE __attribute__((visibility("default")))
#include "include/dlpin.h"
#include "interpose/own_process.h"
#include "interpose/settle.h"
#include "interpose/tasks.h"
#include "lifecycle/check.h"
#include "lifecycle/events.h"
#include "lifecycle/start.h"
#include "ownership/sites.h"
#include "registry/heap.h"
#include "registry/tasks.h"

#undef dlpin_check
#undef dlpin_task_begin
#undef dlpin_task_end
#undef dlpin_ignore_begin
#undef dlpin_ignore_end
#undef dlpin_disown

int dlpin_check(void)
{
    int saved_errno;
    if (!own_process_enter(&saved_errno))
        return 0;
    interpose_settle();
    unsigned news = lifecycle_request();
    guard_leave(saved_errno);
    return (int)news;
}

void dlpin_task_begin(const char *name)
{
    int saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    tasks_watch();
    if (task_begin_decides())
        lifecycle_resolve();
    task_begin(name);
    guard_leave(saved_errno);
}

void dlpin_task_end(void)
{
    int saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    if (task_ends()) {
        lifecycle_task_ends();
        task_over();
    }
    guard_leave(saved_errno);
}

void dlpin_ignore_begin(void)
{
    int saved_errno;
    guard.ignoring++;
    if (!own_process_enter(&saved_errno))
        return;
    sites_divert();
    guard_leave(saved_errno);
}

void dlpin_ignore_end(void)
{
    if (guard.ignoring > 0)
        guard.ignoring--;
}

void dlpin_disown(const void *pointer)
{
    struct heap_block block;
    int saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    if (heap_find((uintptr_t)pointer, &block))
        heap_disown(block.start);
    guard_leave(saved_errno);
}
