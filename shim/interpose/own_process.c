// SPDX-License-Identifier: MIT
#include "interpose/own_process.h"
#include "base/own_stack.h"
#include "lifecycle/ending.h"
#include "lifecycle/start.h"

bool own_process_enter(int *saved_errno)
{
    if (!lifecycle_enter(saved_errno))
        return false;
    if (lifecycle_is_own_process())
        return true;
    guard_leave(*saved_errno);
    return false;
}

bool own_process_may_enter(void)
{
    int phase = atomic_load_explicit(&lifecycle_phase, memory_order_acquire);
    return phase == PHASE_EARLY ||
           (phase == PHASE_ACTIVE && !guard.depth && lifecycle_is_own_process());
}

void own_process_run(void (*work)(void *data), void *data)
{
    if (!own_process_may_enter())
        return;
    if (lifecycle_ends_silently())
        work(data);
    else
        own_stack_run(work, data);
}
