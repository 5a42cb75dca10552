// SPDX-License-Identifier: MIT
#include "interpose/settle.h"
#include "base/guard.h"
#include "interpose/deepbind.h"
#include "interpose/unwind_tables.h"
#include "interpose/tasks.h"
#include "lifecycle/settle.h"

void interpose_settle(void)
{
    uint64_t loaded_since = guard.dlopen_pending ? guard.dlopen_epoch : UINT64_MAX;
    lifecycle_settle();
    deepbind_patch();
    tasks_watch_new_modules();
    unwind_tables_watch_new_modules(loaded_since);
}
