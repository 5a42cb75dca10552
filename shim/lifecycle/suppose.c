// SPDX-License-Identifier: MIT
#include "lifecycle/suppose.h"
#include "base/sys.h"
#include "lifecycle/check.h"
#include "lifecycle/lifecycle.h"
#include "report/report.h"
#include "rules/rules.h"
#include "scan/copy.h"
#include "scan/scan.h"

#include <string.h>

enum { TEXT_MAX = 4 << 20 };

/* Shared with the copy. */
struct answer {
    _Atomic uint32_t ended;
    size_t length;
    char text[TEXT_MAX];
};

struct supposition {
    struct module *module;
    uint32_t token, findings;
    pid_t process;
    struct answer *answer;
    struct text text;
    struct walk walk;
    struct ranges ranges;
    struct roots roots;
    struct heap_pages pages;
};

/* --- in the copy
 * ------------------------------------------------------------------------------------------- */

static void suppose_sink(struct finding *finding, void *data)
{
    struct supposition *now = data;
    if (finding->module == now->module)
        report_supposed(&now->text, finding, now->token, ++now->findings);
    finding_release(finding);
}

/* What the module has itself holds nothing any more. */
static void drop_roots_of_module(struct supposition *now)
{
    size_t kept = 0;
    for (size_t i = 0; i < now->roots.count; i++)
        if (now->roots.list[i].module != now->module)
            now->roots.list[kept++] = now->roots.list[i];
    now->roots.count = kept;
}

static void work(void *data)
{
    struct supposition *now = data;
    sys_stand_in_for(now->process);
    lifecycle_reset_locks();
    modules_suppose_unloaded(now->module);
    rules_check(NULL, suppose_sink, now);
    drop_roots_of_module(now);
    walk_run(&now->walk);
    for (unsigned i = 0; i < now->walk.count; i++)
        rules_check_retained(&now->walk.results[i], NULL, suppose_sink, now);
    if (now->text.failed || now->text.length > sizeof now->answer->text)
        return;
    memcpy(now->answer->text, text_string(&now->text), now->text.length);
    now->answer->length = now->text.length;
}

/* --- in the process
 * ---------------------------------------------------------------------------------------- */

static void prepare(struct supposition *now)
{
    struct maps maps;
    ranges_add(&now->ranges, now->module);
    if (maps_read(&maps)) {
        if (heap_pages_read(&now->pages))
            roots_collect(&now->roots, &maps, &now->pages);
        maps_free(&maps);
    }
    now->process = sys_getpid();
    now->walk.ranges = &now->ranges;
    now->walk.roots = &now->roots;
    now->walk.pages = &now->pages;
    now->walk.in_place = true;
}

/* Under the check lock. */
static bool run_locked(struct supposition *now)
{
    prepare(now);
    lifecycle_hold_locks_below_check();
    int error = copy_start(COPY_OWN_FILES, work, now, &now->answer->ended);
    lifecycle_free_locks_below_check();
    if (error)
        return false;
    enum copy_state state = copy_wait((uint64_t)SCAN_EXIT_SECONDS * 1000000000);
    if (state == COPY_RUNNING)
        copy_kill();
    if (state != COPY_DONE)
        return false;
    report_add(now->answer->text, now->answer->length);
    return true;
}

static bool can_go(const struct module *module)
{
    return module && !module->startup && !module->runtime && !module->is_shim &&
           !module_is_unloaded(module);
}

bool suppose_unloaded(uint32_t id, uint32_t token)
{
    struct module *module = modules_by_id(id);
    struct supposition *now = can_go(module) ? arena_alloc(sizeof *now) : NULL;
    bool done = false;
    if (!now || !copy_is_possible())
        return false;
    now->module = module_ref(module);
    now->token = token;
    now->answer = copy_share(sizeof *now->answer);
    if (now->answer && lock_acquire(&check_lock)) {
        check_finish_scan();
        done = !scan_is_under_way() && run_locked(now);
        lock_release(&check_lock);
    }
    roots_free(&now->roots);
    heap_pages_free(&now->pages);
    copy_unshare(now->answer, sizeof *now->answer);
    module_unref(module);
    arena_free(now, sizeof *now);
    return done;
}
