// SPDX-License-Identifier: MIT
#include "lifecycle/loader.h"
#include "base/guard.h"
#include "base/sys.h"
#include "lifecycle/check.h"
#include "lifecycle/closed.h"
#include "lifecycle/crash.h"
#include "lifecycle/locks.h"
#include "lifecycle/passages.h"
#include "lifecycle/sink.h"
#include "modules/objects.h"
#include "report/report.h"
#include "rules/rules.h"

struct module_changes loader_read_list(void)
{
    if (!modules_changed())
        return (struct module_changes){0};
    return modules_sync(guard.dlopen_pending ? (uintptr_t)guard.dlopen_caller : 0,
                        guard.dlopen_pending && guard.dlopen_deepbind);
}

void loader_update(void)
{
    loader_read_list();
    lifecycle_settle_handles(true);
}

static void check_closing(struct module *module, bool destructors_ran, bool quietly)
{
    struct sink sink = {.at = AT_DLCLOSE, .quietly = quietly};
    if (!module || module->startup || atomic_load(&module->kept) || !lock_acquire(&check_lock))
        return;
    rules_check_closing(module, sink_finding, &sink);
    passages_check_closing(module, destructors_ran, &sink);
    lock_release(&check_lock);
    if (sink.found)
        crash_listen(); /* it may come true at the unmapping */
}

void lifecycle_finalizing(uintptr_t address)
{
    struct module *module = modules_find(address);
    if (module && !module->startup)
        objects_note(module);
}

/* Under RTLD_DEEPBIND its __cxa_finalize does not come to us. */
void lifecycle_closing_handle(const void *handle)
{
    struct module *module = modules_by_handle(handle);
    /* Another thread opened it again, and has not called us since. */
    if (module && module_is_closed(module))
        lifecycle_settle_handles(true);
    if (module)
        closed_begins(module);
    if (module && module->deepbind)
        objects_note(module);
    check_closing(module, false, true);
}

void lifecycle_closing_module(uintptr_t address)
{
    modules_finalized(address, sys_gettid());
    check_closing(modules_find(address), true, false);
}

void lifecycle_closed(void)
{
    if (guard.dlclose_depth > 0)
        return; /* inside a destructor: the outer dlclose will unmap */
    modules_close_done(sys_gettid());
    if (modules_changed())
        modules_sync(0, false);
    modules_close_ends();
    bool any_stays =
        closed_check(); /* the handles that its destructors closed do not count any more */
    check_unloads();
    crash_listen_to_left();
    if (report_has_open() && lock_acquire(&check_lock)) {
        report_settle_pending();
        lock_release(&check_lock);
    }
    if (any_stays)
        lifecycle_check(MOMENT_UNLOADED);
}
