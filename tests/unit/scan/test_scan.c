// SPDX-License-Identifier: MIT
/* The quick pass, and when it becomes a walk, by a clock that stands still. */
#include "scan/scan.h"
#include "base/options.h"
#include "modules/agenda.h"
#include "ownership/sites.h"
#include "registry/heap.h"
#include "scan/filter.h"
#include "support.h"

#include <string.h>
#include <sys/mman.h>

#define MS ((uint64_t)1000000)
#define SECOND_NS (1000 * MS)
#define NO_LIMIT ((uint64_t)1 << 40)

/* A module at an address that no number in this process looks like. */
enum { GONE = 0x2a5b6c7d, OTHER = 0x2a5c6c7d };

static struct plugin plugin;
static struct module *gone;
static uintptr_t word; /* into the module */

static void begin(void)
{
    support_options("scan=full");
    support_stop_clock();
    support_start();
    budget_start();
    heap_init(true);
    plugin = support_open("plugin");
    gone = support_module("gone.so", GONE, MODULE_UNLOADED);
    word = gone->start + 8;
}

TestSuite(filter, .init = begin);

static struct hits harmless, hits;

static enum filter_result pass(uint64_t limit)
{
    struct ranges ranges = {0};
    ranges_add(&ranges, gone);
    ranges_ready(&ranges);
    return filter_run(&ranges, limit, &harmless, &hits);
}

Test(filter, nothing_is_left)
{
    cr_assert_eq(pass(NO_LIMIT), FILTER_NOTHING);
    cr_assert_eq(hits.count, 0);
    cr_assert_gt(hits.bytes, 0);
}

Test(filter, a_variable_points_there)
{
    plugin.data[5] = (intptr_t)word;
    cr_assert_eq(pass(NO_LIMIT), FILTER_SOMETHING);
    cr_assert(hits.all && hits.in_variables);
    cr_assert_eq(hits.count, 1);
    cr_assert_eq(hits.list[0].slot, (uintptr_t)&plugin.data[5]);
    cr_assert_eq(hits.list[0].word, word);
}

Test(filter, only_the_range_counts)
{
    plugin.data[5] = (intptr_t)(gone->start - 1);
    plugin.data[6] = (intptr_t)gone->end;
    cr_assert_eq(pass(NO_LIMIT), FILTER_NOTHING);
    plugin.data[6] = (intptr_t)(gone->end - 1);
    cr_assert_eq(pass(NO_LIMIT), FILTER_SOMETHING);
}

Test(filter, what_was_harmless_is_no_hit)
{
    plugin.data[5] = (intptr_t)word;
    cr_assert_eq(pass(NO_LIMIT), FILTER_SOMETHING);
    harmless = hits;
    cr_assert_eq(pass(NO_LIMIT), FILTER_NOTHING);
    plugin.data[6] = (intptr_t)word;
    cr_assert_eq(pass(NO_LIMIT), FILTER_SOMETHING, "at another place it is");
    cr_assert_eq(hits.count, 1);
}

static void make_site(void *data)
{
    uint32_t *number = data;
    *number = site_here((uintptr_t)__builtin_return_address(0), (uintptr_t)__builtin_dwarf_cfa());
}

static uintptr_t *leave_block(void)
{
    uint32_t number = 0;
    plugin.call(make_site, &number);
    uintptr_t *block = support_block(64, number);
    memset(block, 0, 64);
    block[2] = word;
    return block;
}

Test(filter, a_block_points_there)
{
    uintptr_t *block = leave_block();
    cr_assert_eq(pass(NO_LIMIT), FILTER_SOMETHING);
    cr_assert(hits.all && !hits.in_variables);
    cr_assert_eq(hits.list[0].slot, (uintptr_t)&block[2]);
    heap_forget(block);
    cr_assert_eq(pass(NO_LIMIT), FILTER_NOTHING, "it was freed");
}

Test(filter, more_than_the_limit)
{
    plugin.data[5] = (intptr_t)word;
    cr_assert_eq(pass(1), FILTER_TOO_MUCH);
}

TestSuite(scan, .init = begin);

static unsigned told; /* that nothing was found */
static const struct module *told_of;

static void note_nothing(const struct ranges *ranges)
{
    told++;
    told_of = ranges->count == 1 ? ranges->list[0].module : NULL;
}

Test(scan, what_left_nothing_is_done_with)
{
    agenda_add(gone, WORK_MEMORY | WORK_STACKS);
    cr_assert_not(scan_run(MOMENT_UNLOADED, note_nothing));
    cr_assert_eq(told, 1);
    cr_assert_eq(told_of, gone);
    cr_assert_not(work_any(WORK_SCAN));
    cr_assert(work_any(WORK_STACKS), "that is for others to do");
    cr_assert_not(scan_run(MOMENT_UNLOADED, note_nothing));
    cr_assert_eq(told, 1, "nothing is left to do");
}

Test(scan, is_deferred_until_the_share_allows_it)
{
    budget_spend(SECOND_NS);
    agenda_add(gone, WORK_MEMORY);
    support_pass_ns(20 * SECOND_NS - 1);
    scan_run(MOMENT_UNLOADED, note_nothing);
    cr_assert_eq(told, 0);
    cr_assert(work_any(WORK_MEMORY));
    support_pass_ns(1);
    scan_run(MOMENT_UNLOADED, note_nothing);
    cr_assert_eq(told, 1);
}

Test(scan, whoever_asks_does_not_wait)
{
    static const enum moment moments[] = {MOMENT_REQUEST, MOMENT_EXIT, MOMENT_DEATH};
    budget_spend(SECOND_NS);
    for (unsigned i = 0; i < sizeof moments / sizeof *moments; i++) {
        agenda_add(gone, WORK_MEMORY);
        scan_run(moments[i], note_nothing);
        cr_assert_eq(told, i + 1);
    }
}

static void expect_result(void)
{
    const struct walk *walk = scan_results(30 * SECOND_NS);
    while (!walk) /* the clock stands still, but a copy does not */
        walk = scan_results(30 * SECOND_NS);
    cr_assert_eq(walk->count, 1);
    cr_assert_eq(walk->results[0].word, word);
    cr_assert_eq(walk->results[0].module, gone);
    scan_done(true);
    /* Not scan_has_work: the copy has said that it is done, and may not have ended yet. */
    cr_assert_not(work_any(WORK_SCAN));
}

Test(scan, of_variables_no_walk_is_needed)
{
    plugin.data[5] = (intptr_t)word;
    budget_spend(2 * MS);
    agenda_add(gone, WORK_MEMORY);
    cr_assert(scan_run(MOMENT_UNLOADED, note_nothing));
    cr_assert_eq(told, 0);
    cr_assert_not(work_any(WORK_SCAN));
    expect_result();
}

/* A walk is expected to take longer than a pass: until it can be had, it is put off. */
static uintptr_t *put_off(void)
{
    uintptr_t *block = leave_block();
    plugin.data[5] = (intptr_t)block;
    budget_spend(2 * MS);
    agenda_add(gone, WORK_MEMORY);
    cr_assert_not(scan_run(MOMENT_UNLOADED, note_nothing));
    cr_assert(work_any(WORK_WALK));
    cr_assert_eq(told, 0);
    return block;
}

Test(scan, a_walk_is_put_off_until_the_next_load)
{
    put_off();
    cr_assert(scan_run(MOMENT_LOADING, note_nothing));
    expect_result();
}

Test(scan, a_walk_is_put_off_until_there_is_time)
{
    put_off();
    cr_assert_not(scan_run(MOMENT_UNLOADED, note_nothing));
    support_pass_ns(3600 * SECOND_NS);
    cr_assert(scan_run(MOMENT_UNLOADED, note_nothing));
    expect_result();
}

Test(scan, what_was_put_off_may_be_freed_meanwhile)
{
    heap_forget(put_off());
    support_pass_ns(3600 * SECOND_NS);
    cr_assert_not(scan_run(MOMENT_UNLOADED, note_nothing));
    cr_assert_eq(told_of, gone);
    cr_assert_not(work_any(WORK_SCAN));
}

Test(scan, of_two_at_one_place_the_younger_has_it)
{
    struct module *old = support_module("old.so", GONE, MODULE_UNLOADED);
    agenda_add(old, WORK_MEMORY);
    agenda_add(gone, WORK_MEMORY);
    scan_run(MOMENT_UNLOADED, note_nothing);
    cr_assert_eq(told_of, gone);
    cr_assert_eq(agenda_gaps.reused, 1);
    cr_assert_not(work_any(WORK_SCAN));
}

Test(scan, in_a_range_that_is_used_nothing_is_searched_for)
{
    struct module *under = support_module("under.so", GONE, MODULE_UNLOADED);
    under->start = plugin.module->start;
    under->end = plugin.module->end;
    agenda_add(under, WORK_MEMORY);
    scan_run(MOMENT_UNLOADED, note_nothing);
    cr_assert_eq(told_of, NULL);
    cr_assert_eq(scan_gaps.reused, 1);
    cr_assert_not(work_any(WORK_SCAN));
}

/* A request ends the running scan, whose modules are not lost by this. */
Test(scan, a_walk_that_is_ended_has_its_turn_again)
{
    plugin.data[5] = (intptr_t)word;
    agenda_add(gone, WORK_MEMORY);
    cr_assert(scan_run(MOMENT_UNLOADED, note_nothing));
    scan_defer();
    cr_assert_null(scan_results(0));
    cr_assert(work_any(WORK_MEMORY));
    cr_assert(scan_run(MOMENT_REQUEST, note_nothing));
    expect_result();
}

Test(scan, patience)
{
    cr_assert_eq(scan_patience(MOMENT_REQUEST, false), 30 * SECOND_NS);
    cr_assert_eq(scan_patience(MOMENT_EXIT, false), 30 * SECOND_NS);
    cr_assert_eq(scan_patience(MOMENT_UNLOADED, false), 0);
    cr_assert_eq(scan_patience(MOMENT_UNLOADED, true), 100 * MS, "little was found");
    cr_assert_eq(scan_patience(MOMENT_LOADING, false), 100 * MS);
    cr_assert_eq(scan_patience(MOMENT_DEATH, true), 2 * SECOND_NS);
}

TestSuite(retained, .init = begin);

static uint64_t retained_by(const struct module *module)
{
    const struct walk *walk = scan_results(0);
    cr_assert_not_null(walk);
    for (unsigned i = 0; i < walk->retainer_count; i++)
        if (walk->retainers[i].module == module)
            return walk->retainers[i].heap.blocks;
    cr_assert_fail("it was not asked for");
    return 0;
}

/* The walk would lead through the memory of an address sanitizer, which forbids that. */
Test(retained, is_found_out_at_once)
{
#if defined(__SANITIZE_ADDRESS__)
    cr_skip_test("a sanitizer is in this program");
#endif
    uintptr_t *block = leave_block();
    block[2] = 0;
    plugin.data[5] = (intptr_t)block;
    agenda_add(plugin.module, WORK_RETAINED);
    cr_assert(scan_run_closed(MOMENT_REQUEST));
    cr_assert_eq(retained_by(plugin.module), 1);
    scan_done(false);
    cr_assert_not(work_any(WORK_RETAINED));
}

Test(retained, is_deferred_until_unloaded_modules_are_scanned)
{
    agenda_add(plugin.module, WORK_RETAINED);
    agenda_add(gone, WORK_MEMORY);
    cr_assert_not(scan_run_closed(MOMENT_REQUEST));
    cr_assert(work_any(WORK_RETAINED));
}

Test(retained, is_deferred_until_the_budget_allows_it)
{
    budget_spend(SECOND_NS);
    agenda_add(plugin.module, WORK_RETAINED);
    cr_assert_not(scan_run_closed(MOMENT_UNLOADED));
    cr_assert(work_any(WORK_RETAINED));
}

Test(retained, of_an_unloaded_module_is_forgotten)
{
    agenda_add(gone, WORK_RETAINED);
    cr_assert_not(scan_run_closed(MOMENT_REQUEST));
    cr_assert_not(work_any(WORK_RETAINED));
}
