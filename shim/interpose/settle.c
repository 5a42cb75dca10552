// SPDX-License-Identifier: MIT
#include "interpose/settle.h"
#include "interpose/deepbind.h"
#include "interpose/tasks.h"
#include "lifecycle/lifecycle.h"

void interpose_settle(void)
{
    lifecycle_settle();
    deepbind_patch();
    tasks_watch_new_modules();
}
