// SPDX-License-Identifier: MIT
#include "lifecycle/stacks.h"
#include "base/clock.h"
#include "base/guard.h"
#include "lifecycle/process.h"
#include "report/report.h"
#include "rules/stack_search.h"
#include "scan/stacks.h"

enum {
    MILLISECOND = 1000000,
    DUE_MAX = 256,
    TRIES = 3, /* how often what is due is looked at where threads run all the time */
    ALLOWANCE = 20 * MILLISECOND,
    SHARE = 20, /* and then one part in so many of the time since the start */
};

/* Modules that went; each with a reference. Under the changes lock. */
static struct due {
    struct module *module;
    unsigned tries;
} due[DUE_MAX];
static _Atomic unsigned due_count;

static struct ranges ranges;
static uint64_t started, spent;

void stacks_note_unloaded(struct module *module)
{
    unsigned count = atomic_load(&due_count);
    if (count == DUE_MAX) {
        stack_gaps.missed++;
        return;
    }
    due[count] = (struct due){.module = module_ref(module)};
    atomic_store(&due_count, count + 1);
}

static bool is_affordable(void)
{
    uint64_t now = clock_monotonic_ns();
    if (!started)
        started = now;
    return spent <= ALLOWANCE + (now - started) / SHARE;
}

/* During a dlclose it stays so, unless the thread itself starts another. */
static bool is_alone(void)
{
    uint64_t seen = threads_seen();
    if (!guard.dlclose_stack)
        return stack_is_alone();
    if (!guard.dlclose_is_alone || guard.dlclose_threads != seen) {
        guard.dlclose_threads = seen;
        guard.dlclose_is_alone = stack_is_alone();
    }
    return guard.dlclose_is_alone;
}

/* What lies above exit() is never returned to. */
static enum stacks_seen look(struct stacks_look *look, struct sink *sink)
{
    enum stacks_seen seen = STACKS_CLEAR;
    uint64_t begun = clock_monotonic_ns();
    look->ranges = &ranges;
    look->caller_stack = guard.dlclose_stack;
    look->with_caller &= !process_exit_begins();
    if (!look->alone || look->with_caller)
        seen = rules_check_stacks(look, sink_finding, sink);
    spent += clock_monotonic_ns() - begun;
    return seen;
}

/* Another one that is due lay there too: which of them a word is of cannot be told. */
static bool is_ambiguous_locked(struct module *module)
{
    for (unsigned i = 0; i < atomic_load(&due_count); i++)
        if (due[i].module != module && module_overlaps(due[i].module, module))
            return true;
    return false;
}

static bool is_ambiguous(struct module *module)
{
    bool result = false;
    if (atomic_load(&due_count) == 0 || !lock_acquire(&changes_lock))
        return false;
    result = is_ambiguous_locked(module);
    lock_release(&changes_lock);
    return result;
}

void stacks_check_closing(struct module *module, bool destructors_ran, struct sink *sink)
{
    struct stacks_look closing = {.closing = true};
    if ((destructors_ran && guard.dlclose_clear == module->id) || is_ambiguous(module) ||
        !is_affordable())
        return;
    closing.alone = is_alone();
    closing.with_caller = guard.dlclose_depth == 0 && !destructors_ran;
    ranges.count = 0;
    ranges_add(&ranges, module);
    if (look(&closing, sink) == STACKS_CLEAR && !destructors_ran)
        guard.dlclose_clear = module->id;
}

/* --- what went
 * --------------------------------------------------------------------------------------------- */

/* What is mapped again cannot be told of by its addresses. */
static bool take_ranges(void)
{
    ranges.count = 0;
    if (!lock_acquire(&changes_lock))
        return false;
    for (unsigned i = 0; i < atomic_load(&due_count); i++)
        if (!modules_any_in(due[i].module->start, due[i].module->end) &&
            !is_ambiguous_locked(due[i].module))
            ranges_add(&ranges, due[i].module);
    lock_release(&changes_lock);
    return ranges.count > 0;
}

/* Those that were looked at are done, unless a thread passed us by. */
static void settle_due(bool complete)
{
    unsigned kept = 0;
    if (!lock_acquire(&changes_lock))
        return;
    for (unsigned i = 0; i < atomic_load(&due_count); i++) {
        if (complete || ++due[i].tries >= TRIES)
            module_unref(due[i].module);
        else
            due[kept++] = due[i];
    }
    atomic_store(&due_count, kept);
    lock_release(&changes_lock);
}

/* The calling thread was not in what went when its dlclose began, and has not returned from that.
 */
static bool was_clear(void)
{
    bool clear = false;
    if (!guard.dlclose_stack || !guard.dlclose_clear || !lock_acquire(&changes_lock))
        return false;
    clear = atomic_load(&due_count) == 1 && due[0].module->id == guard.dlclose_clear;
    lock_release(&changes_lock);
    return clear;
}

void stacks_check_unloaded(struct sink *sink)
{
    struct stacks_look unloaded = {.known = report_knows, .with_caller = true};
    if (atomic_load(&due_count) == 0 ||
        (sink->at != AT_EXIT && !report_awaits_stacks() && !is_affordable()))
        return;
    unloaded.alone = is_alone();
    bool is_clear = unloaded.alone && was_clear();
    settle_due(is_clear || !take_ranges() || look(&unloaded, sink) != STACKS_INCOMPLETE);
}

/* The lock was reset: nobody else is here. */
void stacks_fork_child(void)
{
    for (unsigned i = 0; i < atomic_load(&due_count); i++)
        module_unref(due[i].module);
    atomic_store(&due_count, 0);
}
