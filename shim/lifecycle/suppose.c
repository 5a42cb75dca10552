// SPDX-License-Identifier: MIT
#include "lifecycle/suppose.h"
#include "lifecycle/answer.h"
#include "lifecycle/check.h"
#include "lifecycle/lifecycle.h"
#include "registry/opens.h"
#include "report/report.h"
#include "rules/rules.h"
#include "scan/scan.h"

struct supposition {
    struct module *module;
    uint32_t token, findings;
    struct text *records;
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
        report_supposed(now->records, finding, now->token, ++now->findings);
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

static void work(struct text *records, void *data)
{
    struct supposition *now = data;
    now->records = records;
    modules_suppose_unloaded(now->module);
    opens_module_unloaded(now->module);
    rules_check(NULL, suppose_sink, now);
    drop_roots_of_module(now);
    walk_run(&now->walk);
    for (unsigned i = 0; i < now->walk.count; i++)
        rules_check_retained(&now->walk.results[i], NULL, suppose_sink, now);
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
    now->walk.ranges = &now->ranges;
    now->walk.roots = &now->roots;
    now->walk.pages = &now->pages;
    now->walk.in_place = true;
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
    if (!now)
        return false;
    now->module = module_ref(module);
    now->token = token;
    if (lock_acquire(&check_lock)) {
        check_finish_scan();
        if (!scan_is_under_way()) {
            prepare(now);
            done = answer_in_copy(work, now, (uint64_t)SCAN_EXIT_SECONDS * 1000000000);
        }
        lock_release(&check_lock);
    }
    roots_free(&now->roots);
    heap_pages_free(&now->pages);
    module_unref(module);
    arena_free(now, sizeof *now);
    return done;
}
