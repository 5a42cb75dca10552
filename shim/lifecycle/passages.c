// SPDX-License-Identifier: MIT
#include "lifecycle/passages.h"
#include "base/guard.h"
#include "lifecycle/process.h"
#include "modules/agenda.h"
#include "report/report.h"
#include "rules/stack_search.h"
#include "scan/stacks.h"

enum { TRIES = 3 }; /* how often stacks are searched where threads run all the time */

static struct ranges ranges;

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

/* Frames above exit() are never returned to. */
static enum stacks_seen search(struct stacks_search *stacks, struct sink *sink)
{
    enum stacks_seen seen = STACKS_CLEAR;
    struct budget_stamp begun = budget_begin();
    stacks->ranges = &ranges;
    stacks->caller_stack = guard.dlclose_stack;
    stacks->with_caller &= !process_exit_begins();
    if (!stacks->alone || stacks->with_caller)
        seen = rules_check_stacks(stacks, sink_finding, sink);
    budget_end(begun);
    return seen;
}

struct ambiguity {
    const struct module *module;
    bool found;
};

static unsigned find_ambiguity(struct agenda_entry *entry, void *data)
{
    struct ambiguity *ambiguity = data;
    ambiguity->found |=
        entry->module != ambiguity->module && module_overlaps(entry->module, ambiguity->module);
    return 0;
}

/* An unloaded module whose stacks were not searched lay there, too: a word cannot be attributed to
 * one of them. */
static bool is_ambiguous(const struct module *module)
{
    struct ambiguity ambiguity = {module, false};
    agenda_each(WORK_STACKS, find_ambiguity, &ambiguity);
    return ambiguity.found;
}

void passages_check_closing(struct module *module, bool destructors_ran, struct sink *sink)
{
    struct stacks_search closing = {.closing = true};
    if ((destructors_ran && guard.dlclose_clear == module->id) || is_ambiguous(module) ||
        !budget_allows(MOMENT_CLOSING, WORK_STACKS, 0))
        return;
    closing.alone = is_alone();
    closing.with_caller = guard.dlclose_depth == 0 && !destructors_ran;
    ranges.count = 0;
    ranges_add(&ranges, module);
    if (search(&closing, sink) == STACKS_CLEAR && !destructors_ran)
        guard.dlclose_clear = module->id;
}

/* A range that is mapped again cannot be reported by its addresses. */
static unsigned collect(struct agenda_entry *entry, void *data)
{
    struct module *module = entry->module;
    if (!modules_any_in(module->start, module->end) &&
        !agenda_is_ambiguous_locked(module, WORK_STACKS))
        ranges_add(&ranges, module);
    return 0;
}

/* Modules that were searched for are done, unless a thread could not be examined. */
static unsigned settle(struct agenda_entry *entry, void *data)
{
    const bool *complete = data;
    return *complete || ++entry->tries >= TRIES ? WORK_STACKS : 0;
}

struct only {
    unsigned count;
    uint32_t id;
};

static unsigned count(struct agenda_entry *entry, void *data)
{
    struct only *only = data;
    only->count++;
    only->id = entry->module->id;
    return 0;
}

/* The calling thread was in none of the unloaded modules when its dlclose began, and has not
 * returned from it. */
static bool was_clear(void)
{
    struct only only = {0};
    return guard.dlclose_stack && guard.dlclose_clear && agenda_each(WORK_STACKS, count, &only) &&
           only.count == 1 && only.id == guard.dlclose_clear;
}

/* The entries keep the modules of the ranges; no other thread takes work off the list meanwhile. */
static bool collect_all(void)
{
    ranges.count = 0;
    return agenda_each(WORK_STACKS, collect, NULL) && ranges.count > 0;
}

void passages_check_unloaded(enum moment moment, struct sink *sink)
{
    struct stacks_search unloaded = {.known = report_knows, .with_caller = true};
    if (!work_any(WORK_STACKS) ||
        (!report_needs_stacks() && !budget_allows(moment, WORK_STACKS, 0)))
        return;
    unloaded.alone = is_alone();
    bool complete = (unloaded.alone && was_clear()) || !collect_all() ||
                    search(&unloaded, sink) != STACKS_INCOMPLETE;
    agenda_each(WORK_STACKS, settle, &complete);
}
