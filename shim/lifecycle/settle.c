// SPDX-License-Identifier: MIT
#include "lifecycle/settle.h"
#include "base/guard.h"
#include "base/options.h"
#include "lifecycle/check.h"
#include "lifecycle/closed.h"
#include "lifecycle/loader.h"
#include "lifecycle/request.h"

void lifecycle_settle(void)
{
    struct module_changes changes = loader_read_list();
    if (guard.dlopen_pending || changes.loaded)
        lifecycle_settle_handles(false);
    guard.dlopen_pending = false;
    check_unloads();
    if (options.check_signal)
        request_listen();
}
