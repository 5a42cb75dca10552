// SPDX-License-Identifier: MIT
#include "lifecycle/check.h"
#include "lifecycle/closed.h"
#include "base/clock.h"
#include "base/options.h"
#include "base/text.h"
#include "lifecycle/fix.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/request.h"
#include "lifecycle/stacks.h"
#include "ownership/sites.h"
#include "ownership/caller_stack.h"
#include "ownership/unwind.h"
#include "registry/heap.h"
#include "registry/signals.h"
#include "registry/threads.h"
#include "report/log.h"
#include "report/report.h"
#include "rules/rules.h"
#include "scan/scan.h"

struct lock check_lock;

static _Atomic uint64_t checked_unloads;
static _Atomic bool exit_began, exit_begins;
static _Atomic bool unseen_waits; /* for a later look; under the check lock */
static uintptr_t exit_code_start, exit_code_end;

void check_set_exit_code(uintptr_t start, uintptr_t end)
{
    exit_code_start = start;
    exit_code_end = end;
}

bool check_exit_began(void)
{
    return atomic_load(&exit_began);
}

bool check_exit_begins(void)
{
    return check_exit_began() || atomic_load(&exit_begins);
}

void check_fork_child(void)
{
    atomic_store(&exit_began, false);
    atomic_store(&exit_begins, false);
}

static void note_exit_began(void)
{
    if (!atomic_exchange(&exit_began, true)) {
        modules_exiting();
        report_exiting();
    }
}

void check_notice_exit(void)
{
    uintptr_t pcs[UNWIND_MAX];
    size_t count = check_exit_begins() ? 0 : caller_stack_walk(pcs, UNWIND_MAX);
    for (size_t i = 0; i < count; i++)
        if (pcs[i] - 1 >= exit_code_start && pcs[i] - 1 < exit_code_end)
            note_exit_began();
}

void check_sink(struct finding *finding, void *data)
{
    struct check *check = data;
    check_notice_exit();
    finding->before_exit |= check->before_exit;
    fix_note(finding);
    check->found += report_finding(finding, check->at, check->quietly) != 0;
}

/* Numbers of call sites in modules that are gone, when they have become many. */
static void collect_sites(void)
{
    struct site_bitmap *bitmap = sites_collect_begin();
    if (!bitmap)
        return;
    heap_mark_sites(bitmap);
    if (lock_acquire(&registry_lock)) {
        threads_mark_sites_locked(bitmap);
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
    struct check check = {.at = AT_DLCLOSE};
    atomic_store(&unseen_waits, false);
    signals_reconcile(false);
    rules_check_unseen(report_knows, check_sink, &check);
}

static void scan_locked(enum scan_when when, enum occasion at);
static void find_retained(enum scan_when when);

static const enum scan_when scans[AT_COUNT] = {[AT_DLCLOSE] = SCAN_AFTER_UNLOAD,
                                               [AT_EVENT] = SCAN_AFTER_UNLOAD,
                                               [AT_REQUEST] = SCAN_ON_REQUEST,
                                               [AT_EXIT] = SCAN_AT_EXIT};

static void check_all(enum occasion at, bool is_end)
{
    struct check check = {.at = at};
    bool is_patient = at == AT_REQUEST || at == AT_EXIT;
    threads_collect();
    if (!lock_acquire(&check_lock))
        return;
    atomic_store(&checked_unloads, atomic_load(&modules_unloads));
    keys_reconcile();
    bool unseen = is_time_for_unseen(at);
    if (unseen)
        signals_reconcile(is_patient);
    report_revalidate(is_patient);
    orphans_report();
    rules_check(unseen, report_knows, check_sink, &check);
    scan_locked(scans[at], at == AT_EVENT ? AT_DLCLOSE : at);
    if (is_patient)
        report_settle_lost();
    find_retained(scans[at]);
    if (is_end)
        scan_stop();
    stacks_check_unloaded(&check);
    if (is_end)
        closed_report_handles();
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
    bool is_first = !atomic_exchange(&exit_begins, true) && !check_exit_began();
    if (is_first && (atomic_load(&modules_unloads) > 0 || report_has_open() || scan_has_work()))
        check_all(AT_EXIT, false);
    note_exit_began();
}

/* --- what a scan finds
 * -------------------------------------------------------------------------------------- */

/* Of the walk that is under way. */
static struct check walk_check;

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
static bool take_result(const struct result *result, struct check *check)
{
    bool all = report_has_unsettled();
    bool holds = rules_check_retained(result, all, report_knows, check_sink, check);
    if (!holds && result->kind == RESULT_POINTER)
        scan_look_again(result->module);
    return holds && (result->place_count < PLACES_MAX || result->blocks == PLACES_MAX);
}

/* Waits for a walk that is under way, so long. */
static void take_results(uint64_t nanoseconds)
{
    struct check check = walk_check;
    const struct walk *walk = scan_results(nanoseconds);
    bool settles = walk && walk->complete && !walk->dropped && !walk->used_again;
    for (unsigned i = 0; walk && i < walk->count; i++)
        settles &= take_result(&walk->results[i], &check);
    if (settles && walk->retainer_count == 0)
        report_settle(walk->ranges);
    for (unsigned i = 0; walk && i < walk->retainer_count && walk->complete; i++) {
        walk->retainers[i].module->retained = walk->retainers[i].heap;
        report_retained(walk->retainers[i].module);
    }
    if (walk && options.verbosity >= 1)
        say_walk(walk);
    if (walk)
        scan_done(check.found > 0);
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
    check_notice_exit();
    walk_check = (struct check){.at = AT_EVENT, .before_exit = !atomic_load(&exit_began)};
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
        check_notice_exit();
        walk_check = (struct check){.at = at, .before_exit = was_seen || !atomic_load(&exit_began)};
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

static struct module_changes look_at_list(void)
{
    if (!modules_changed())
        return (struct module_changes){0};
    return modules_sync(guard.dlopen_pending ? (uintptr_t)guard.dlopen_caller : 0,
                        guard.dlopen_pending && guard.dlopen_deepbind);
}

void lifecycle_look(void)
{
    look_at_list();
    lifecycle_settle_handles(true);
}

void lifecycle_settle(void)
{
    struct module_changes changes = look_at_list();
    if (guard.dlopen_pending || changes.loaded)
        lifecycle_settle_handles(false);
    guard.dlopen_pending = false;
    check_unloads();
    if (options.check_signal)
        request_listen();
}
