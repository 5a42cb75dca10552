// SPDX-License-Identifier: MIT
#include "lifecycle/suppose.h"
#include "lifecycle/answer.h"
#include "lifecycle/check.h"
#include "lifecycle/locks.h"
#include "registry/async_io.h"
#include "registry/descriptors.h"
#include "registry/opens.h"
#include "report/report.h"
#include "rules/rules.h"
#include "scan/picture.h"

struct supposition {
    struct module *module;
    uint32_t token, findings;
    struct text *records;
    struct walk walk;
    struct ranges ranges;
    struct picture picture;
};

static void suppose_sink(struct finding *finding, void *data)
{
    struct supposition *now = data;
    if (finding->module == now->module)
        report_supposed(now->records, finding, now->token, ++now->findings);
    finding_release(finding);
}

static void work(struct text *records, void *data)
{
    struct supposition *now = data;
    now->records = records;
    async_io_ask();
    modules_suppose_unloaded(now->module);
    opens_module_unloaded(now->module);
    descriptors_compare(false);
    rules_check(true, NULL, suppose_sink, now);
    walk_run(&now->walk);
    for (unsigned i = 0; i < now->walk.count; i++)
        if (now->walk.results[i].kind == RESULT_POINTER)
            rules_check_retained(&now->walk.results[i], false, NULL, suppose_sink, now);
    for (unsigned i = 0; i < now->walk.count; i++)
        if (now->walk.results[i].kind != RESULT_POINTER)
            rules_check_retained(&now->walk.results[i], false, NULL, suppose_sink, now);
}

/* Removes the roots in the module's own variables: they hold nothing any more. */
static void drop_roots_of_module(struct supposition *now)
{
    struct roots *roots = &now->picture.roots;
    size_t kept = 0;
    for (size_t i = 0; i < roots->count; i++) {
        struct root *root = &roots->list[i];
        bool is_its = root->module == now->module;
        if (is_its && root->kind == ROOT_TLS)
            root->kind = ROOT_UNLOADED;
        if (!is_its || root->kind == ROOT_UNLOADED)
            roots->list[kept++] = *root;
    }
    roots->count = kept;
}

static bool prepare(struct supposition *now)
{
    ranges_add(&now->ranges, now->module);
    if (!picture_begin(&now->picture) || !picture_take(&now->picture, &now->ranges))
        return false;
    drop_roots_of_module(now);
    picture_show(&now->picture, &now->walk);
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
    if (!now)
        return false;
    now->module = module_ref(module);
    now->token = token;
    if (lock_acquire(&check_lock)) {
        check_end_scan();
        done = prepare(now) &&
               answer_in_copy(work, now, budget_patience(MOMENT_REQUEST, WORK_WALK, true));
        lock_release(&check_lock);
    }
    picture_free(&now->picture);
    module_unref(module);
    arena_free(now, sizeof *now);
    return done;
}
