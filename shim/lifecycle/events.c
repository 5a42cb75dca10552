// SPDX-License-Identifier: MIT
#include "lifecycle/events.h"
#include "base/dropped.h"
#include "lifecycle/check.h"
#include "lifecycle/locks.h"
#include "lifecycle/process.h"
#include "lifecycle/sink.h"
#include "ownership/caller.h"
#include "registry/left_values.h"
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
    bool foreign = finding->deletion.error == 0;
    finding->before_exit = !process_exit_began();
    uint32_t id = report_finding(finding, AT_EVENT, false);
    if (foreign && id)
        key_robbed(deletion->number, deletion->owner, id);
}

/* Nobody needs the values of a key that the process itself deletes at its end. Inside a dlclose the
 * stack does not tell: no unwinding leads out of a destructor, so the search for exit comes when
 * the finding is reported. True: `was` and the stack are taken over. */
static bool note_left_values(const struct deletion *deletion, struct stack *stack)
{
    bool in_dlclose = guard.dlclose_depth > 0;
    if (deletion->error || (process_exit_began() && !in_dlclose))
        return false;
    return left_values_note(&(struct left_values){.serial = deletion->serial,
                                                  .number = deletion->number,
                                                  .was = *deletion->was,
                                                  .stack = stack,
                                                  .before_exit = !in_dlclose});
}

void lifecycle_key_deleted(uint32_t number, struct key *was, int error, uintptr_t caller,
                           uintptr_t callee)
{
    bool is_kept = false;
    if (!error && rules_deletion_is_plain(number, was, caller)) {
        if (report_has_open())
            lifecycle_resolve();
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
        process_notice_exit();
        rules_check_deletion(&deletion, deletion_sink, &sink);
        is_kept = note_left_values(&deletion, stack);
        report_revalidate();
        lock_release(&check_lock);
    } else {
        drop(DROP_FINDING);
    }
    if (is_kept)
        return;
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
