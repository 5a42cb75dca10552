// SPDX-License-Identifier: MIT
#include "lifecycle/check.h"
#include "base/options.h"
#include "base/text.h"
#include "lifecycle/held_blocks.h"
#include "lifecycle/locks.h"
#include "lifecycle/passages.h"
#include "lifecycle/process.h"
#include "lifecycle/sink.h"
#include "modules/agenda.h"
#include "ownership/sites.h"
#include "registry/descriptors.h"
#include "registry/heap.h"
#include "registry/keys.h"
#include "registry/mappings.h"
#include "registry/signals.h"
#include "registry/threads.h"
#include "report/log.h"
#include "report/report.h"
#include "rules/rules.h"
#include "scan/reached.h"
#include "scan/scan.h"

static _Atomic uint64_t checked_unloads;

/* Frees the numbers of call sites in unloaded modules, when they have become many. */
static void collect_sites(void)
{
    struct site_bitmap *bitmap = sites_collect_begin();
    if (!bitmap)
        return;
    heap_mark_sites(bitmap);
    if (lock_acquire(&registry_lock)) {
        threads_mark_sites_locked(bitmap);
        descriptors_mark_sites_locked(bitmap);
        mappings_mark_sites_locked(bitmap);
        lock_release(&registry_lock);
        sites_collect_end(bitmap);
    }
}

/* The program may have set signal handlers by raw system calls, and its environment by itself. */
static void check_unseen(void)
{
    struct sink sink = {.at = AT_DLCLOSE};
    signals_reconcile(false);
    rules_check_unseen(report_knows, sink_finding, &sink);
}

/* After a series of unloads this is done once, but before something else can lie there. */
static bool is_time_for_unseen(enum moment moment)
{
    work_note(WORK_UNSEEN);
    if (!budget_allows(moment, WORK_UNSEEN, 0) && !signals_any_left())
        return false;
    budget_note_done(WORK_UNSEEN);
    return work_take(WORK_UNSEEN);
}

static void scan_locked(enum moment moment);
static void find_retained(enum moment moment);

static enum occasion occasion_of(enum moment moment)
{
    return moment == MOMENT_REQUEST ? AT_REQUEST : moment == MOMENT_EXIT ? AT_EXIT : AT_DLCLOSE;
}

static void handle_sink(struct finding *finding, void *data)
{
    report_finding(finding, AT_EXIT, options.verbosity < 1);
}

/* Handles that were never closed are in the report file, but on standard error only with
 * verbosity=1: most programs never close anything. */
static void report_handles(void)
{
    rules_check_handles(NULL, report_knows, handle_sink, NULL);
}

static void check_all(enum moment moment, bool is_end)
{
    struct sink sink = {.at = occasion_of(moment)};
    bool is_patient = moment == MOMENT_REQUEST || moment == MOMENT_EXIT;
    threads_collect();
    if (!lock_acquire(&check_lock))
        return;
    atomic_store(&checked_unloads, atomic_load(&modules_unloads));
    keys_reconcile();
    bool unseen = is_time_for_unseen(moment);
    if (unseen)
        signals_reconcile(is_patient);
    descriptors_compare(is_patient);
    reached_examine(is_patient);
    report_revalidate();
    rules_check(unseen, report_knows, sink_finding, &sink);
    scan_locked(moment);
    if (is_patient)
        report_settle_lost();
    if (moment == MOMENT_EXIT && !is_end && options.scan == SCAN_FULL)
        held_blocks_examine();
    find_retained(moment);
    if (is_end)
        scan_stop();
    passages_check_unloaded(moment, &sink);
    if (is_end)
        report_handles();
    collect_sites();
    lock_release(&check_lock);
}

void lifecycle_check(enum moment moment)
{
    check_all(moment, moment == MOMENT_EXIT);
}

/* A finding that is true now counts, whatever handlers and destructors change: so deferred work is
 * done before them. */
void lifecycle_exit_begins(void)
{
    if (process_set_exit_begins() &&
        (atomic_load(&modules_unloads) > 0 || report_has_open() || scan_has_work()))
        check_all(MOMENT_EXIT, false);
    process_set_exit_began();
}

/* Of the walk in progress. */
static struct sink walk_sink;

static void say_walk(const struct walk *walk)
{
    struct text text = {0};
    text_printf(&text,
                "dlpin: looked through %lu KB in %lu us (%lu us of a processor), for which the "
                "program stood still for %lu us: %u results%s\n",
                (unsigned long)(walk->bytes >> 10),
                (unsigned long)(walk->ended ? (walk->ended - walk->begun) / 1000 : 0),
                (unsigned long)(walk->processor / 1000), (unsigned long)(walk->pause / 1000),
                walk->count, walk->complete ? "" : ", incomplete");
    log_say(text_string(&text));
    text_free(&text);
}

/* False: the result proves nothing about words that moved. */
static bool take_result(const struct result *result, struct sink *sink)
{
    bool all = report_has_unsettled();
    bool holds = rules_check_retained(result, all, report_knows, sink_finding, sink);
    if (!holds && result->kind == RESULT_POINTER)
        scan_repeat(result->module);
    return holds && (result->place_count < PLACES_MAX || result->blocks == PLACES_MAX);
}

/* Waits at most so long for the walk in progress. */
static void take_results(uint64_t nanoseconds)
{
    struct sink sink = walk_sink;
    const struct walk *walk = scan_results(nanoseconds);
    bool settles = walk && walk->complete && !walk->dropped && !walk->used_again;
    rules_begin_retained();
    for (unsigned i = 0; walk && i < walk->count; i++)
        if (walk->results[i].kind == RESULT_POINTER)
            settles &= take_result(&walk->results[i], &sink);
    for (unsigned i = 0; walk && i < walk->count; i++)
        if (walk->results[i].kind != RESULT_POINTER)
            settles &= take_result(&walk->results[i], &sink);
    if (settles && walk->retainer_count == 0)
        report_settle(walk->ranges);
    for (unsigned i = 0; walk && i < walk->retainer_count && walk->complete; i++) {
        walk->retainers[i].module->retained = walk->retainers[i].heap;
        report_retained(walk->retainers[i].module);
    }
    if (walk && options.verbosity >= 1)
        say_walk(walk);
    if (walk)
        scan_done(sink.found > 0);
}

void check_end_scan(void)
{
    take_results(budget_patience(MOMENT_REQUEST, WORK_WALK, true));
    scan_defer();
}

/* A leftover whose walk is pending was seen before exit() began, even if the walk comes afterwards.
 */
static bool run(enum moment moment, enum occasion at)
{
    bool was_seen = work_any(WORK_WALK);
    if (!scan_run(moment, report_settle))
        return false;
    process_notice_exit();
    walk_sink = (struct sink){.at = at, .before_exit = was_seen || !process_exit_began()};
    return true;
}

void check_before_death(bool is_asked)
{
    if (work_take(WORK_UNSEEN))
        check_unseen();
    take_results(scan_patience(MOMENT_DEATH, false));
    if ((is_asked || work_any(WORK_WALK)) && run(MOMENT_DEATH, AT_EVENT))
        take_results(scan_patience(MOMENT_DEATH, true));
}

static void scan_locked(enum moment moment)
{
    if (!scan_has_work())
        return;
    take_results(scan_patience(moment, false));
    run(moment, occasion_of(moment));
    take_results(scan_patience(moment, true));
}

static void find_retained(enum moment moment)
{
    while (scan_run_closed(moment))
        take_results(0);
}

void check_retained(struct module *module)
{
    bool was_known = module->retained.known;
    module->retained = (struct retained_heap){0};
    if (options.scan == SCAN_FULL)
        agenda_add(module, WORK_RETAINED);
    find_retained(MOMENT_UNLOADED);
    if (was_known && !module->retained.known)
        report_retained(module); /* the results of the last time */
}

unsigned lifecycle_request(void)
{
    lifecycle_check(MOMENT_REQUEST);
    return report_take_news();
}

void lifecycle_loading(void)
{
    if (!(scan_has_work() || report_has_words() || work_any(WORK_UNSEEN)) ||
        !lock_acquire(&check_lock))
        return;
    if (work_take(WORK_UNSEEN))
        check_unseen();
    struct budget_stamp begun = budget_begin();
    report_revalidate_words();
    budget_end(begun);
    scan_locked(MOMENT_LOADING);
    lock_release(&check_lock);
}

void check_unloads(void)
{
    if (atomic_load(&modules_unloads) != atomic_load(&checked_unloads))
        lifecycle_check(MOMENT_UNLOADED);
}

void lifecycle_resolve(void)
{
    if (!lock_acquire(&check_lock))
        return;
    report_revalidate();
    lock_release(&check_lock);
}
