// SPDX-License-Identifier: MIT
#include "lifecycle/suppose.h"
#include "base/sys.h"
#include "lifecycle/answer.h"
#include "lifecycle/check.h"
#include "lifecycle/locks.h"
#include "registry/async_io.h"
#include "modules/objects.h"
#include "registry/descriptors.h"
#include "registry/libc_state.h"
#include "registry/opens.h"
#include "report/report.h"
#include "rules/rules.h"
#include "rules/stack_search.h"
#include "scan/picture.h"
#include "scan/reached.h"

#include <sys/syscall.h>

enum { EARLY_MAX = 512, TOLD_MAX = 4096 };

struct supposition {
    struct module *module;
    unsigned early_count;
    struct finding early[EARLY_MAX]; /* of threads: a copy of the process has none */
    unsigned told_count;
    struct object told[TOLD_MAX]; /* that the answer has, as far as there is room */
    uint32_t token, findings;
    struct text *records;
    struct walk walk;
    struct ranges ranges;
    struct picture picture;
};

/* In the copy: which one is worked on. */
static const struct supposition *present;

static bool is_told(const struct object *object)
{
    for (unsigned i = 0; i < present->told_count; i++)
        if (memcmp(&present->told[i], object, sizeof *object) == 0)
            return true;
    return false;
}

static void suppose_sink(struct finding *finding, void *data)
{
    struct supposition *now = data;
    if (finding->module == now->module && !finding->only_if_moved) {
        report_supposed(now->records, finding, now->token, ++now->findings);
        if (now->told_count < TOLD_MAX)
            now->told[now->told_count++] = finding->object;
    }
    finding_release(finding);
}

/* A thread that stays where it is. */
static void early_sink(struct finding *finding, void *data)
{
    struct supposition *now = data;
    finding->pending = false;
    if (now->early_count < EARLY_MAX)
        now->early[now->early_count++] = *finding;
    else
        finding_release(finding);
}

static void check_threads(struct supposition *now)
{
    const struct stacks_search search = {
        .ranges = &now->ranges, .closing = true, .with_caller = true};
    rules_check_stacks(&search, early_sink, now);
}

/* Memory that is unmapped cannot be read afterwards, and that is how some of the rules know it. The
 * copy does not return to the program's code. */
static void unmap(struct module *module)
{
    objects_note(module);
    modules_suppose_unloaded(module);
    sys_call(SYS_munmap, module->start, module->end - module->start);
}

static void work(struct text *records, void *data)
{
    struct supposition *now = data;
    present = now;
    now->records = records;
    async_io_ask();
    unmap(now->module);
    opens_module_unloaded(now->module);
    for (unsigned i = 0; i < now->early_count; i++)
        suppose_sink(&now->early[i], now);
    descriptors_compare(false);
    reached_examine_copy(&now->picture);
    rules_check(true, is_told, suppose_sink, now);
    walk_run(&now->walk);
    rules_begin_retained();
    for (unsigned i = 0; i < now->walk.count; i++)
        if (now->walk.results[i].kind == RESULT_POINTER)
            rules_check_retained(&now->walk.results[i], false, is_told, suppose_sink, now);
    for (unsigned i = 0; i < now->walk.count; i++)
        if (now->walk.results[i].kind != RESULT_POINTER)
            rules_check_retained(&now->walk.results[i], false, is_told, suppose_sink, now);
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
    check_threads(now);
    registrations_note_kernel();
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
    for (unsigned i = 0; i < now->early_count; i++)
        finding_release(&now->early[i]);
    module_unref(module);
    arena_free(now, sizeof *now);
    return done;
}
