// SPDX-License-Identifier: MIT
#include "lifecycle/lifecycle.h"
#include "base/options.h"
#include "base/output.h"
#include "base/sys.h"
#include "modules/sightings.h"
#include "modules/surroundings.h"
#include "ownership/caller.h"
#include "ownership/common.h"
#include "ownership/sites.h"
#include "ownership/unwind.h"
#include "registry/heap.h"
#include "registry/threads.h"
#include "report/log.h"
#include "report/report.h"
#include "rules/rules.h"
#include "scan/scan.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

_Atomic int lifecycle_phase = PHASE_EARLY;
_Atomic int lifecycle_pid;
struct lock check_lock;

static struct surroundings surroundings;
static _Atomic uint64_t checked_unloads;
static _Atomic uint32_t deletions;
static _Atomic bool finished, exit_began;

/* --- start
 * ------------------------------------------------------------------------------------------------
 */

static void on_module(struct module *module, enum module_state state, bool more)
{
    if (state == MODULE_UNLOADED) {
        sites_module_unloaded(module);
        scan_note_unloaded(module);
    } else {
        sites_module_loaded();
    }
    report_hold(more);
    report_module(module, state);
}

/* Takes every path whose last part is `name` out of a list that is separated by colons or spaces,
 * in place. */
static void remove_from_list(char *list, const char *name)
{
    size_t length = strlen(name);
    for (char *at = list; *at;) {
        size_t item = strcspn(at, ": ");
        char *next = at + item + (at[item] != '\0');
        bool is_path = item > length && at[item - length - 1] == '/';
        if ((item == length || is_path) && !memcmp(at + item - length, name, length))
            memmove(at, next, strlen(next) + 1);
        else
            at = next;
    }
}

static int find_shim(struct module *module, void *data)
{
    if (module->is_shim)
        *(struct module **)data = module;
    return module->is_shim;
}

/* trace_children=0: programs that this one starts do not get us. */
static void leave_preload(void)
{
    char *list = getenv("LD_PRELOAD");
    struct module *shim = NULL;
    modules_each_mapped(find_shim, &shim);
    if (list && shim)
        remove_from_list(list,
                         strrchr(shim->path, '/') ? strrchr(shim->path, '/') + 1 : shim->path);
}

static void say_hello(void)
{
    struct text text = {0};
    text_printf(&text, "dlpin: version " DLPIN_VERSION " watches process %d, report file: %s\n",
                sys_getpid(), options.log_path ? options.log_path : "none");
    log_say(text_string(&text));
    text_free(&text);
}

static void read_options(const char *raw)
{
    struct text text = {0};
    options_parse(raw, &text);
    if (options.help)
        options_describe(&text);
    if (text.length)
        log_say(text_string(&text));
    text_free(&text);
}

/* glibc: the environment is there before any constructor runs, but not yet in IFUNC resolvers. */
static bool is_too_early(void)
{
    return !environ;
}

void lifecycle_start(void)
{
    int saved_errno;
    int early = PHASE_EARLY;
    if (is_too_early() || !guard_enter(&saved_errno))
        return;
    if (!atomic_compare_exchange_strong(&lifecycle_phase, &early, PHASE_STARTING)) {
        guard_leave(saved_errno);
        return;
    }
    if (getauxval(AT_SECURE)) {
        atomic_store(&lifecycle_phase, PHASE_INERT);
        guard_leave(saved_errno);
        return;
    }
    const char *raw = getenv("DLPIN_OPTIONS");
    atomic_store(&lifecycle_pid, sys_getpid());
    output_init();
    read_options(raw);
    surroundings_read(&surroundings);
    heap_init(surroundings.glibc_malloc);
    heap_is_seen = surroundings.heap_seen;
    keys_set_libc_table(surroundings.pthread_keys);
    modules_set_find_object(surroundings.find_object);
    report_init(raw);
    if (options.verbosity >= 1)
        say_hello();
    modules_init(common_classify, on_module);
    modules_sync(0, false);
    if (!options.trace_children)
        leave_preload();
    sites_start();
    thread_self();
    lifecycle_watch_forks();
    atomic_store(&lifecycle_phase, PHASE_ACTIVE);
    guard_leave(saved_errno);
}

/* --- checks
 * -------------------------------------------------------------------------------------------------
 */

struct check {
    enum occasion at;
    bool quietly;
    bool before_exit; /* what is found was looked for before exit() began */
    unsigned found;
};

/* A program that returns from main does not call our exit: its handlers, and the plug-ins that they
 * close, run below libc's. */
static void notice_exit(void)
{
    uintptr_t pcs[UNWIND_MAX];
    size_t count = atomic_load(&exit_began) ? 0 : unwind_stack(pcs, UNWIND_MAX);
    for (size_t i = 0; i < count; i++)
        if (pcs[i] - 1 >= surroundings.exit_start && pcs[i] - 1 < surroundings.exit_end)
            lifecycle_exiting();
}

static void report_sink(struct finding *finding, void *data)
{
    struct check *check = data;
    notice_exit();
    check->found++;
    finding->before_exit |= check->before_exit;
    report_finding(finding, check->at, check->quietly);
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

/*
 * Values that a deleted key left behind. Their module may free them a moment later, from a list of
 * its own: so they are reported at the next look (an unload, exit), if the block is still there
 * then.
 */
enum { ORPHANS_MAX = 256 };

static struct orphan {
    struct finding finding;
    uint32_t site;
    bool in_dlclose; /* made by a destructor: no unwinding leads out of it, so exit is looked for
                        later */
} orphans[ORPHANS_MAX];
static unsigned orphan_count;

/* False: there is no more room, or the value is no block. Under the check lock. */
static bool defer_orphan(const struct finding *finding)
{
    struct heap_block block;
    if (orphan_count == ORPHANS_MAX || !heap_find(finding->address, &block))
        return false;
    orphans[orphan_count++] = (struct orphan){*finding, block.site, guard.dlclose_depth > 0};
    return true;
}

/* The dlclose that made them is over: now the stack tells whether an exit handler called it. */
static void date_orphans(void)
{
    for (unsigned i = 0; i < orphan_count; i++) {
        if (!orphans[i].in_dlclose)
            continue;
        notice_exit();
        orphans[i].finding.before_exit = !atomic_load(&exit_began);
        orphans[i].in_dlclose = false;
    }
}

static void report_orphans(void)
{
    date_orphans();
    for (unsigned i = 0; i < orphan_count; i++) {
        struct orphan *orphan = &orphans[i];
        struct heap_block block;
        if (heap_find(orphan->finding.address, &block) && block.site == orphan->site)
            report_finding(&orphan->finding, AT_EVENT, false);
        else
            finding_release(&orphan->finding);
    }
    orphan_count = 0;
}

static void scan_locked(enum scan_when when, enum occasion at);

void lifecycle_check(enum occasion at)
{
    struct check check = {.at = at};
    threads_collect();
    if (!lock_acquire(&check_lock))
        return;
    atomic_store(&checked_unloads, atomic_load(&modules_unloads));
    keys_reconcile();
    report_revalidate();
    report_orphans();
    rules_check(report_knows, report_sink, &check);
    scan_locked(at == AT_EXIT ? SCAN_AT_EXIT : SCAN_AFTER_UNLOAD,
                at == AT_EXIT ? AT_EXIT : AT_DLCLOSE);
    collect_sites();
    lock_release(&check_lock);
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
                (unsigned long)((walk->ended - walk->begun) / 1000),
                (unsigned long)(walk->processor / 1000), (unsigned long)(walk->pause / 1000),
                walk->count, walk->complete ? "" : ", incomplete");
    log_say(text_string(&text));
    text_free(&text);
}

/* Waits for a walk that is under way, so long. */
static void take_results(uint64_t nanoseconds)
{
    struct check check = walk_check;
    const struct walk *walk = scan_results(nanoseconds);
    for (unsigned i = 0; walk && i < walk->count; i++)
        rules_check_retained(&walk->results[i], report_knows, report_sink, &check);
    if (walk && options.verbosity >= 1)
        say_walk(walk);
    if (walk)
        scan_done(check.found > 0);
}

static void scan_locked(enum scan_when when, enum occasion at)
{
    if (!scan_has_work()) {
        if (when == SCAN_AT_EXIT)
            scan_stop();
        return;
    }
    uint64_t begun = sys_monotonic_ns();
    take_results(scan_patience(when, false));
    if (scan_run(when)) {
        notice_exit();
        walk_check = (struct check){.at = at, .before_exit = !atomic_load(&exit_began)};
    }
    take_results(scan_patience(when, true));
    scan_cost(sys_monotonic_ns() - begun);
    if (when == SCAN_AT_EXIT)
        scan_stop();
}

static void scan(enum scan_when when, enum occasion at)
{
    if (!scan_has_work() || !lock_acquire(&check_lock))
        return;
    scan_locked(when, at);
    lock_release(&check_lock);
}

void lifecycle_loading(void)
{
    scan(SCAN_BEFORE_LOAD, AT_DLCLOSE);
}

static void check_unloads(void)
{
    if (atomic_load(&modules_unloads) != atomic_load(&checked_unloads))
        lifecycle_check(AT_DLCLOSE);
}

void lifecycle_settle(void)
{
    if (modules_changed())
        modules_sync(guard.dlopen_pending ? (uintptr_t)guard.dlopen_caller : 0,
                     guard.dlopen_pending && guard.dlopen_deepbind);
    guard.dlopen_pending = false;
    check_unloads();
}

/* --- dlclose
 * -------------------------------------------------------------------------------------------------
 */

static void check_closing(const struct module *module, bool quietly)
{
    struct check check = {.at = AT_DLCLOSE, .quietly = quietly};
    if (!module || module->startup || !lock_acquire(&check_lock))
        return;
    rules_check_closing(module, report_sink, &check);
    lock_release(&check_lock);
}

void lifecycle_closing_handle(const void *handle)
{

    check_closing(modules_by_handle(handle), true);
}

void lifecycle_closing_module(uintptr_t address)
{
    modules_finalized(address, sys_gettid());
    check_closing(modules_find(address), false);
}

void lifecycle_closed(void)
{
    if (guard.dlclose_depth > 0)
        return; /* inside a destructor: the outer dlclose will unmap */
    modules_close_done(sys_gettid());
    if (modules_changed())
        modules_sync(0, false);
    check_unloads();
    if (report_has_open() && lock_acquire(&check_lock)) {
        report_settle_pending();
        lock_release(&check_lock);
    }
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
    notice_exit();
    finding->before_exit = !atomic_load(&exit_began);
    if (finding->kind == KIND_KEY_ORPHAN && defer_orphan(finding))
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
    uint32_t finding = key_robbed_owner_calls(number, modules_find(pc - 1));
    if (finding)
        report_escalate(finding);
    return finding != 0;
}

void lifecycle_gone(void)
{
    if (!lock_acquire(&check_lock))
        return;
    report_revalidate();
    lock_release(&check_lock);
}

/* --- the end
 * -------------------------------------------------------------------------------------------------------
 */

bool lifecycle_is_own_process(void)
{
    return atomic_load(&lifecycle_pid) == sys_getpid();
}

void lifecycle_exiting(void)
{
    if (!atomic_exchange(&exit_began, true)) {
        modules_exiting();
        report_exiting();
    }
}

static void name_gaps(const char **unseen, size_t n)
{
    const struct {
        bool is_so;
        const char *what;
    } gaps[] = {
        {scan_gaps.reused > 0, "modules whose addresses were used again before memory was looked "
                               "through: what points to them was not found"},
        {scan_gaps.ran_out > 0, "a scan ended at its limit (scan_limit_ms, scan_limit_mb): what it "
                                "did not reach is missing"},
        {scan_gaps.died > 0, "a scan in a copy of the process did not come to its end"},
        {scan_gaps.running > 0, "threads that ran, or that were not seen to start: where their "
                                "stacks are in use was not known to a scan"},
        {scan_gaps.missed > 0, "modules that were not looked for: there was no memory for it"},
        {scan_gaps.more > 0, "more leads into unloaded modules than one scan tells of"},
        {scan_gaps.sizes_unknown, "blocks of an allocator that does not tell their sizes"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(gaps); i++)
        if (gaps[i].is_so)
            unseen[n++] = gaps[i].what;
}

void lifecycle_finish(const char *ended)
{
    static const char *const families[] = {"heap", "keys", "threads", "loader", NULL};
    const bool active[] = {heap_is_seen, true, true, true};
    const char *unseen[16] = {NULL};
    size_t n = 0;

    bool is_exec = !strcmp(ended, "exec");
    if (!is_exec && atomic_exchange(&finished, true))
        return;
    if (!heap_is_seen)
        unseen[n++] = "the program has a malloc of its own: heap blocks are not seen";
    if (sightings_have_namespaces())
        unseen[n++] = "calls in namespaces that dlmopen made: they have a C library of their own";
    lifecycle_check(AT_EXIT);
    name_gaps(unseen, n);
    report_finish(ended, is_exec, families, active, unseen);
}

int lifecycle_exit_status(int status)
{
    return options.exitcode && report_severe() ? (int)options.exitcode : status;
}
