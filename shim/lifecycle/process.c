// SPDX-License-Identifier: MIT
#include "lifecycle/process.h"
#include "base/sys.h"
#include "modules/modules.h"
#include "ownership/caller_stack.h"
#include "ownership/unwind.h"
#include "report/report.h"

_Atomic int lifecycle_phase = PHASE_EARLY;
_Atomic int lifecycle_pid;

static _Atomic bool exit_began, exit_begins;
static uintptr_t exit_code_start, exit_code_end;

bool lifecycle_is_own_process(void)
{
    return atomic_load(&lifecycle_pid) == sys_getpid();
}

void process_set_exit_code(uintptr_t start, uintptr_t end)
{
    exit_code_start = start;
    exit_code_end = end;
}

bool process_exit_began(void)
{
    return atomic_load(&exit_began);
}

bool process_exit_begins(void)
{
    return process_exit_began() || atomic_load(&exit_begins);
}

bool process_set_exit_begins(void)
{
    return !atomic_exchange(&exit_begins, true) && !process_exit_began();
}

void process_set_exit_began(void)
{
    if (!atomic_exchange(&exit_began, true)) {
        modules_exiting();
        report_exiting();
    }
}

void process_notice_exit(void)
{
    uintptr_t pcs[UNWIND_MAX];
    size_t count = process_exit_begins() ? 0 : caller_stack_walk(pcs, UNWIND_MAX);
    for (size_t i = 0; i < count; i++)
        if (pcs[i] - 1 >= exit_code_start && pcs[i] - 1 < exit_code_end)
            process_set_exit_began();
}

void process_fork_child(void)
{
    atomic_store(&lifecycle_pid, sys_getpid());
    atomic_store(&exit_began, false);
    atomic_store(&exit_begins, false);
}
