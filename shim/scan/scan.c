// SPDX-License-Identifier: MIT
#include "scan/scan.h"
#include "base/arena.h"
#include "base/options.h"
#include "modules/agenda.h"
#include "scan/copy.h"
#include "scan/walking.h"

#include <string.h>

enum {
    /* Bytes. A quick pass reads no more, in about 1 ms; in a larger heap its answer comes no sooner
     * than that of a walk, which finds the paths, too. */
    QUICK_BYTES = 4 << 20,
    /* Nanoseconds that a walk is expected to take for each byte (tests/bench/README.md: 0.4 to 10).
     * Where walks cost nothing beforehand, a program with a heap of 4 MB takes 8.7 ms, not 7.3. */
    NS_A_BYTE = 1,
};

_Static_assert((int)AGENDA_MAX <= (int)RANGES_MAX,
               "all modules of the agenda are scanned for at once");

/* Nanoseconds that the last quick pass took, and that the last walk was expected to take. */
static uint64_t last_pass, expected;
static bool was_left; /* that pass found something: the next unload may leave something, too */

/* Words that a walk has examined and that were not worth reporting: they stay, and other modules
 * may later lie where they point. */
static struct hits harmless;
static unsigned next_harmless;

static struct ranges *make_ranges(void)
{
    return arena_alloc(sizeof(struct ranges));
}

void scan_repeat_locked(struct module *module)
{
    if (options.scan == SCAN_FULL)
        agenda_add_alone_locked(module, WORK_UNSETTLED);
}

void scan_repeat(struct module *module)
{
    if (!lock_acquire(&changes_lock))
        return;
    scan_repeat_locked(module);
    lock_release(&changes_lock);
}

bool scan_has_work(void)
{
    return work_any(WORK_SCAN) || atomic_load(&walking.active) || copy_is_left();
}

static bool is_patient(enum moment moment)
{
    return moment == MOMENT_EXIT || moment == MOMENT_REQUEST;
}

struct collection {
    struct ranges *ranges;
    unsigned works; /* of all of them */
};

static unsigned collect(struct agenda_entry *entry, void *data)
{
    struct collection *all = data;
    struct module *module = entry->module;
    if (modules_any_in(module->start, module->end)) {
        scan_gaps.reused++;
        return WORK_SCAN;
    }
    ranges_add(all->ranges, module_ref(module));
    all->works |= entry->works;
    return 0;
}

static unsigned is_done(struct agenda_entry *entry, void *data)
{
    return ranges_have(data, entry->module) ? WORK_SCAN : 0;
}

static unsigned note_left(struct agenda_entry *entry, void *data)
{
    if (ranges_have(data, entry->module))
        entry->works |= WORK_WALK;
    return 0;
}

static enum filter_result pass_over(const struct collection *all)
{
    static const struct hits none;
    const struct hits *passed = all->works & WORK_UNSETTLED ? &none : &harmless;
    if (all->ranges->count == 0)
        return FILTER_NOTHING;
    struct budget_stamp begun = budget_begin();
    enum filter_result found = filter_run(all->ranges, QUICK_BYTES, passed, &walking.hits);
    last_pass = budget_end(begun);
    return found;
}

/* Something is left: the ranges go to the walk, or are released. */
static void explain(struct ranges *ranges, enum moment moment, bool is_in_variables)
{
    uint64_t bytes = walking.hits.bytes ? walking.hits.bytes : BYTES_UNKNOWN;
    expected = bytes * NS_A_BYTE;
    if (!is_in_variables && !budget_allows(moment, WORK_WALK, expected)) {
        agenda_each(WORK_SCAN, note_left, ranges);
        walking_free_ranges(ranges);
        return;
    }
    struct budget_stamp begun = budget_begin();
    agenda_each(WORK_SCAN, is_done, ranges);
    if (is_in_variables)
        walking_report_hits(ranges);
    else
        walking_begin(ranges, bytes, is_patient(moment));
    budget_end(begun);
}

/* Where something is known to be left, a pass without a walk is useless. */
static bool may_run(enum moment moment)
{
    bool may_be_left = was_left || work_any(WORK_UNSETTLED | WORK_WALK);
    enum work work = may_be_left ? WORK_UNSETTLED : WORK_MEMORY;
    return work_any(WORK_SCAN) && !atomic_load(&walking.active) &&
           (!work_any(WORK_WALK) || budget_allows(moment, WORK_WALK, expected)) &&
           budget_allows(moment, work, last_pass);
}

bool scan_run(enum moment moment, scan_nothing *nothing)
{
    struct collection all = {.ranges = may_run(moment) ? make_ranges() : NULL};
    if (!all.ranges)
        return false;
    if (!agenda_each(WORK_SCAN, collect, &all)) {
        walking_free_ranges(all.ranges);
        return false;
    }
    ranges_ready(all.ranges);
    enum filter_result found = pass_over(&all);
    was_left = found != FILTER_NOTHING;
    if (was_left) {
        explain(all.ranges, moment,
                found == FILTER_SOMETHING && walking.hits.all && walking.hits.in_variables);
        return atomic_load(&walking.active);
    }
    nothing(all.ranges);
    agenda_each(WORK_SCAN, is_done, all.ranges);
    walking_free_ranges(all.ranges);
    return false;
}

uint64_t scan_patience(enum moment moment, bool begun)
{
    bool is_large = walking.hits.bytes >= SMALL_BYTES;
    if (!begun && moment == MOMENT_UNLOADED)
        return 0; /* its results are taken as well at the next occasion */
    if (begun && moment == MOMENT_LOADING && is_large)
        return 0; /* it has the ranges as they are */
    return budget_patience(moment, WORK_WALK, is_large);
}

static unsigned take_retainer(struct agenda_entry *entry, void *data)
{
    if (module_is_unloaded(entry->module))
        return WORK_RETAINED;
    if (walking.retainer_count < RETAINERS_MAX)
        walking.retainers[walking.retainer_count++] = module_ref(entry->module);
    return 0;
}

static enum copy_state wait_for_closed(uint64_t patience)
{
    if (!walking.walk)
        return COPY_NONE;
    return walking.finished ? COPY_DONE : copy_wait(patience);
}

/* At a dlclose only where no copy is needed. */
static bool is_large(enum moment moment, uint64_t bytes)
{
    return is_patient(moment) ? bytes >= QUICK_BYTES
                              : bytes >= SMALL_BYTES || !walking_may_be_alone();
}

/* A walk for them is useless if the program does not wait for its end. */
static bool may_run_closed(enum moment moment, uint64_t bytes, uint64_t *patience)
{
    uint64_t most = bytes * NS_A_BYTE;
    *patience = budget_patience(moment, WORK_RETAINED, is_large(moment, bytes));
    return most <= *patience && budget_allows(moment, WORK_RETAINED, most);
}

bool scan_run_closed(enum moment moment)
{
    if (!work_any(WORK_RETAINED) || work_any(WORK_SCAN) || atomic_load(&walking.active))
        return false;
    struct budget_stamp begun = budget_begin();
    uint64_t patience, bytes = walking_private_bytes();
    struct ranges *ranges = may_run_closed(moment, bytes, &patience) ? make_ranges() : NULL;
    if (!ranges)
        return false;
    agenda_each(WORK_RETAINED, take_retainer, NULL);
    if (walking.retainer_count == 0) {
        walking_free_ranges(ranges);
        return false;
    }
    struct module *taken[RETAINERS_MAX];
    unsigned count = walking.retainer_count;
    memcpy(taken, walking.retainers, sizeof taken);
    walking_begin(ranges, bytes, true);
    enum copy_state state = wait_for_closed(patience);
    walking.finished = state == COPY_DONE;
    for (unsigned i = 0; state != COPY_RUNNING && i < count; i++)
        agenda_remove(taken[i], WORK_RETAINED);
    if (state != COPY_DONE)
        scan_stop();
    budget_end(begun);
    return atomic_load(&walking.active);
}

static void note_harmless(const struct hits *hits)
{
    for (unsigned i = 0; i < hits->count; i++) {
        harmless.list[next_harmless++ % HITS_MAX] = hits->list[i];
        if (harmless.count < HITS_MAX)
            harmless.count++;
    }
}

void scan_done(bool is_reported)
{
    if (!is_reported && walking.retainer_count == 0 && walking.walk->complete && walking.hits.all)
        note_harmless(&walking.hits);
    walking_end();
}

void scan_defer(void)
{
    if (!atomic_load(&walking.active))
        return;
    for (unsigned i = 0; i < walking.ranges->count; i++)
        agenda_add(walking.ranges->list[i].module, WORK_MEMORY | WORK_WALK);
    scan_stop();
}
