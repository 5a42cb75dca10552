// SPDX-License-Identifier: MIT
#include "lifecycle/check.h"
#include "base/clock.h"
#include "base/options.h"
#include "base/text.h"
#include "lifecycle/locks.h"
#include "lifecycle/orphans.h"
#include "lifecycle/process.h"
#include "lifecycle/sink.h"
#include "lifecycle/stacks.h"
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
static _Atomic bool unseen_waits; /* for a later look; under the check lock */

/* Numbers of call sites in modules that are gone, when they have become many. */
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

/* What the program may have changed past us, signal handlers by raw system calls and the list of
 * the environment, is looked at once where many unloads follow each other; but before something
 * else may come to lie there. */
static bool is_time_for_unseen(enum occasion at)
{
    enum { TOGETHER_NS = 1000000 };
    static uint64_t looked;
    uint64_t now = clock_monotonic_ns();
    bool waits = at == AT_DLCLOSE && now - looked < TOGETHER_NS && !signals_any_left();
    atomic_store(&unseen_waits, waits);
    if (!waits)
        looked = now;
    return !waits;
}

static void look_at_unseen(void)
{
    struct sink sink = {.at = AT_DLCLOSE};
    atomic_store(&unseen_waits, false);
    signals_reconcile(false);
    rules_check_unseen(report_knows, sink_finding, &sink);
}

static void scan_locked(enum scan_when when, enum occasion at);
static void find_retained(enum scan_when when);

static const enum scan_when scans[AT_COUNT] = {[AT_DLCLOSE] = SCAN_AFTER_UNLOAD,
                                               [AT_EVENT] = SCAN_AFTER_UNLOAD,
                                               [AT_REQUEST] = SCAN_ON_REQUEST,
                                               [AT_EXIT] = SCAN_AT_EXIT};

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

static void check_all(enum occasion at, bool is_end)
{
    struct sink sink = {.at = at};
    bool is_patient = at == AT_REQUEST || at == AT_EXIT;
    threads_collect();
    if (!lock_acquire(&check_lock))
        return;
    atomic_store(&checked_unloads, atomic_load(&modules_unloads));
    keys_reconcile();
    bool unseen = is_time_for_unseen(at);
    if (unseen)
        signals_reconcile(is_patient);
    descriptors_compare(is_patient);
    reached_examine(is_patient);
    report_revalidate(is_patient);
    orphans_report();
    rules_check(unseen, report_knows, sink_finding, &sink);
    scan_locked(scans[at], at == AT_EVENT ? AT_DLCLOSE : at);
    if (is_patient)
        report_settle_lost();
    find_retained(scans[at]);
    if (is_end)
        scan_stop();
    stacks_check_unloaded(&sink);
    if (is_end)
        report_handles();
    collect_sites();
    lock_release(&check_lock);
}

void lifecycle_check(enum occasion at)
{
    check_all(at, at == AT_EXIT);
}

/* What is true now counts, whatever becomes of it while handlers and destructors run: so what waits
 * for a later look is looked at before them. */
void lifecycle_exit_begins(void)
{
    if (process_set_exit_begins() &&
        (atomic_load(&modules_unloads) > 0 || report_has_open() || scan_has_work()))
        check_all(AT_EXIT, false);
    process_set_exit_began();
}

/* --- what a scan finds
 * -------------------------------------------------------------------------------------- */

/* Of the walk that is under way. */
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

/* False: what the walk saw says nothing of words that moved. */
static bool take_result(const struct result *result, struct sink *sink)
{
    bool all = report_has_unsettled();
    bool holds = rules_check_retained(result, all, report_knows, sink_finding, sink);
    if (!holds && result->kind == RESULT_POINTER)
        scan_look_again(result->module);
    return holds && (result->place_count < PLACES_MAX || result->blocks == PLACES_MAX);
}

/* Waits for a walk that is under way, so long. */
static void take_results(uint64_t nanoseconds)
{
    struct sink sink = walk_sink;
    const struct walk *walk = scan_results(nanoseconds);
    bool settles = walk && walk->complete && !walk->dropped && !walk->used_again;
    for (unsigned i = 0; walk && i < walk->count; i++)
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

void check_finish_scan(void)
{
    take_results(scan_patience(SCAN_ON_REQUEST, false));
}

void check_before_death(bool due)
{
    enum { PATIENCE_NS = 2000000000 };
    if (atomic_load(&unseen_waits))
        look_at_unseen();
    take_results(PATIENCE_NS);
    if (!(due || scan_is_postponed()) || !scan_run(SCAN_ON_REQUEST, report_settle))
        return;
    process_notice_exit();
    walk_sink = (struct sink){.at = AT_EVENT, .before_exit = !process_exit_began()};
    take_results(PATIENCE_NS);
}

static void scan_locked(enum scan_when when, enum occasion at)
{
    if (!scan_has_work())
        return;
    uint64_t begun = clock_monotonic_ns();
    take_results(scan_patience(when, false));
    bool was_seen = scan_is_postponed();
    if (scan_run(when, report_settle)) {
        process_notice_exit();
        walk_sink = (struct sink){.at = at, .before_exit = was_seen || !process_exit_began()};
    }
    take_results(scan_patience(when, true));
    scan_cost(clock_monotonic_ns() - begun);
}

static void find_retained(enum scan_when when)
{
    while (scan_run_closed(when))
        take_results(0);
}

void check_retained(struct module *module)
{
    bool was_known = module->retained.known;
    scan_note_closed(module);
    find_retained(SCAN_AFTER_UNLOAD);
    if (was_known && !module->retained.known)
        report_retained(module); /* what was known of the last time */
}

unsigned lifecycle_request(void)
{
    lifecycle_check(AT_REQUEST);
    return report_take_news();
}

void lifecycle_loading(void)
{
    if (!(scan_has_work() || report_has_words() || atomic_load(&unseen_waits)) ||
        !lock_acquire(&check_lock))
        return;
    if (atomic_load(&unseen_waits))
        look_at_unseen();
    report_revalidate_words();
    scan_locked(SCAN_BEFORE_LOAD, AT_DLCLOSE);
    lock_release(&check_lock);
}

void check_unloads(void)
{
    if (atomic_load(&modules_unloads) != atomic_load(&checked_unloads))
        lifecycle_check(AT_DLCLOSE);
}

void lifecycle_gone(void)
{
    if (!lock_acquire(&check_lock))
        return;
    report_revalidate(false);
    lock_release(&check_lock);
}
