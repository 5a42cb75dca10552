// SPDX-License-Identifier: MIT
/* What the program does that may make findings, or end them: dlclose, keys, threads that end. */
#include "base/sys.h"
#include "lifecycle/check.h"
#include "lifecycle/closed.h"
#include "lifecycle/crash.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/stacks.h"
#include "modules/objects.h"
#include "ownership/caller.h"
#include "report/report.h"
#include "rules/rules.h"

static _Atomic uint32_t deletions;

static void check_closing(struct module *module, bool destructors_ran, bool quietly)
{
    struct check check = {.at = AT_DLCLOSE, .quietly = quietly};
    if (!module || module->startup || atomic_load(&module->kept) || !lock_acquire(&check_lock))
        return;
    rules_check_closing(module, check_sink, &check);
    stacks_check_closing(module, destructors_ran, &check);
    lock_release(&check_lock);
    if (check.found)
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
    bool any_stays = closed_look(); /* what its destructors closed is no handle of it any more */
    check_unloads();
    if (report_has_open() && lock_acquire(&check_lock)) {
        report_settle_pending();
        lock_release(&check_lock);
    }
    if (any_stays)
        lifecycle_check(AT_DLCLOSE);
}

/* --- keys and threads
 * ------------------------------------------------------------------------------------------ */

struct deletion_sink {
    uint32_t number;
    struct module *owner;
};

static void deletion_sink(struct finding *finding, void *data)
{
    const struct deletion_sink *deletion = data;
    bool foreign = finding->kind == KIND_KEY_FOREIGN && finding->error == 0;
    check_notice_exit();
    finding->before_exit = !check_exit_began();
    if (finding->kind == KIND_KEY_ORPHAN && orphans_defer(finding))
        return;
    uint32_t id = report_finding(finding, AT_EVENT, false);
    if (foreign && id)
        key_robbed(deletion->number, deletion->owner, id);
}

void lifecycle_key_deleted(uint32_t number, struct key *was, int error, uintptr_t caller,
                           uintptr_t callee)
{
    if (!error && rules_deletion_is_plain(number, was, caller)) {
        if (report_has_open())
            lifecycle_gone();
        key_release(was);
        return;
    }
    struct stack *stack = stack_capture(REGISTRY_FRAMES);
    struct deletion deletion = {
        .number = number,
        .serial = atomic_fetch_add(&deletions, 1) + 1,
        .was = was,
        .stack = stack,
        .error = error,
        .deleter_named = caller_names(caller, callee),
    };
    struct deletion_sink sink = {number, was->owner};
    if (lock_acquire(&check_lock)) {
        rules_check_deletion(&deletion, deletion_sink, &sink);
        report_revalidate(false);
        lock_release(&check_lock);
    }
    stack_free(stack);
    key_release(was);
}

bool lifecycle_key_used(uint32_t number, uintptr_t pc)
{
    uint32_t finding = key_robbed_owner_calls(number, modules_find_live(pc - 1));
    if (finding)
        report_escalate(finding);
    return finding != 0;
}

void lifecycle_task_ends(void)
{
    struct check check = {.at = AT_EVENT};
    if (!lock_acquire(&check_lock))
        return;
    rules_check_task_end(check_sink, &check);
    lock_release(&check_lock);
}

void lifecycle_task_reads(uint32_t key, uintptr_t at)
{
    struct check check = {.at = AT_EVENT};
    if (!lock_acquire(&check_lock))
        return;
    rules_check_task_read(key, at, check_sink, &check);
    lock_release(&check_lock);
}

void lifecycle_gone(void)
{
    if (!lock_acquire(&check_lock))
        return;
    report_revalidate(false);
    lock_release(&check_lock);
}
