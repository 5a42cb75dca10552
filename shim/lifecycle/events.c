// SPDX-License-Identifier: MIT
#include "lifecycle/events.h"
#include "lifecycle/check.h"
#include "lifecycle/locks.h"
#include "lifecycle/orphans.h"
#include "lifecycle/process.h"
#include "lifecycle/sink.h"
#include "ownership/caller.h"
#include "report/report.h"
#include "rules/rules.h"

static _Atomic uint32_t deletions;

struct deletion_sink {
    uint32_t number;
    struct module *owner;
};

static void deletion_sink(struct finding *finding, void *data)
{
    const struct deletion_sink *deletion = data;
    bool foreign = finding->kind == KIND_KEY_FOREIGN && finding->deletion.error == 0;
    process_notice_exit();
    finding->before_exit = !process_exit_began();
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
        report_revalidate();
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
    struct sink sink = {.at = AT_EVENT};
    if (!lock_acquire(&check_lock))
        return;
    rules_check_task_end(sink_finding, &sink);
    lock_release(&check_lock);
}

void lifecycle_task_reads(uint32_t key, uintptr_t at)
{
    struct sink sink = {.at = AT_EVENT};
    if (!lock_acquire(&check_lock))
        return;
    rules_check_task_read(key, at, sink_finding, &sink);
    lock_release(&check_lock);
}
