// SPDX-License-Identifier: MIT
#include "report/instances.h"
#include "base/dropped.h"
#include "base/lock.h"
#include "base/options.h"
#include "report/log.h"
#include "rules/rules.h"
#include "scan/filter.h"
#include "scan/scan.h"

enum { AGAIN_MAX = 64, ASKED_MAX = 8 };
#define NO_LIMIT ((uint64_t)1 << 60)

struct instance *instances;
bool instances_exiting;
static _Atomic unsigned open_count, word_count, unsettled_count;

static bool is_word(const struct object *object)
{
    return object->type == OBJECT_SLOT;
}

struct instance *instance_find_locked(const struct object *object)
{
    struct instance *instance;
    HASH_FIND(hh, instances, object, sizeof *object, instance);
    return instance;
}

void instance_remember_locked(const struct finding *finding, struct group *group)
{
    struct instance *instance = arena_alloc(sizeof *instance);
    if (!instance) {
        drop(DROP_FINDING);
        return;
    }
    instance->object = finding->object;
    instance->group = group;
    instance->module = module_ref(finding->module);
    instance->pending = finding->pending;
    instance->late = instances_exiting && !finding->before_exit;
    HASH_ADD(hh, instances, object, sizeof instance->object, instance);
    atomic_fetch_add(&open_count, 1);
    atomic_fetch_add(&word_count, is_word(&instance->object));
}

/* --- the end of findings
 * ------------------------------------------------------------------------------------- */

static void set_unsettled(struct instance *instance, bool unsettled, const char *how)
{
    if (unsettled && !instance->unsettled)
        atomic_fetch_add(&unsettled_count, 1);
    if (!unsettled && instance->unsettled)
        atomic_fetch_sub(&unsettled_count, 1);
    instance->unsettled = unsettled;
    instance->asked = unsettled ? instance->asked : 0;
    instance->how = how;
}

/* Those of what is left; nobody keeps how many there were of each. */
static void recount_loads_locked(struct group *group)
{
    struct instance *instance, *next;
    group->load_count = 0;
    HASH_ITER (hh, instances, instance, next)
        if (instance->group == group && instance->module)
            group_add_load(group, instance->module->load);
}

void instance_resolve_locked(struct instance *instance, const char *how)
{
    struct group *group = instance->group;
    set_unsettled(instance, false, NULL);
    HASH_DELETE(hh, instances, instance);
    atomic_fetch_sub(&word_count, is_word(&instance->object));
    module_unref(instance->module);
    arena_free(instance, sizeof *instance);
    atomic_fetch_sub(&open_count, 1);
    group->reopened = how == how_reopened;
    if (group->reopened && group->count > group->count_reopened)
        group->count_reopened = group->count;
    if (group->inherited || group->count == 0)
        return;
    if (--group->count > 0) {
        if (group->load_count > group->count)
            recount_loads_locked(group);
        return;
    }
    group->resolved = true;
    group->load_count = 0;
    if (!log_open_locked())
        return;
    struct text text = {0};
    record_resolved(&text, group->id, how, log_now());
    log_write(&text);
}

bool report_has_open(void)
{
    return atomic_load_explicit(&open_count, memory_order_relaxed) > 0;
}

bool report_has_words(void)
{
    return atomic_load_explicit(&word_count, memory_order_relaxed) > 0;
}

bool report_has_unsettled(void)
{
    return atomic_load_explicit(&unsettled_count, memory_order_relaxed) > 0;
}

/* What exit() does to what was found before it began resolves nothing. */
static bool stands(const struct instance *instance)
{
    return instances_exiting && !instance->late;
}

/* Modules to be looked for again; each with a reference. Under the check lock, and not on the
 * stack, which may be small. */
static struct module *again[AGAIN_MAX];
static unsigned again_count;

static void revalidate_locked(struct instance *instance, bool always)
{
    const char *how;
    if (rules_still_holds(&instance->object, &how)) {
        set_unsettled(instance, false, NULL);
    } else if (!is_word(&instance->object) || options.scan != SCAN_FULL) {
        instance_resolve_locked(instance, how);
    } else {
        set_unsettled(instance, true, how);
        if ((always || instance->asked++ < ASKED_MAX) && again_count < AGAIN_MAX)
            again[again_count++] = module_ref(instance->module);
    }
}

static void revalidate(bool words_only, bool always)
{
    struct instance *instance, *next;
    if (!lock_acquire(&report_lock))
        return;
    HASH_ITER (hh, instances, instance, next)
        if (!stands(instance) && (!words_only || is_word(&instance->object)))
            revalidate_locked(instance, always);
    lock_release(&report_lock);
    while (again_count > 0) {
        struct module *module = again[--again_count];
        scan_look_again(module);
        module_unref(module);
    }
}

void report_revalidate(bool somebody_waits)
{
    if (report_has_open())
        revalidate(false, somebody_waits);
}

void report_revalidate_words(void)
{
    if (report_has_words())
        revalidate(true, false);
}

void report_settle(const struct ranges *ranges)
{
    struct instance *instance, *next;
    if (!report_has_unsettled() || !lock_acquire(&report_lock))
        return;
    HASH_ITER (hh, instances, instance, next)
        if (instance->unsettled && !stands(instance) &&
            ranges_search(ranges, instance->object.word))
            instance_resolve_locked(instance, instance->how);
    lock_release(&report_lock);
}

/* In memory that is used for something else by now nothing can be said to point to the module. But
 * a word that is nowhere has not moved. */
static struct ranges *collect_unsettled_locked(void)
{
    struct instance *instance, *next;
    struct ranges *ranges = arena_alloc(sizeof *ranges);
    if (!ranges)
        return NULL;
    HASH_ITER (hh, instances, instance, next)
        if (instance->unsettled && !stands(instance))
            ranges_add_word(ranges, instance->object.word, instance->module);
    ranges_ready(ranges);
    return ranges;
}

void report_settle_lost(void)
{
    static const struct hits none;
    struct hits hits;
    if (!report_has_unsettled() || !lock_acquire(&report_lock))
        return;
    struct ranges *ranges = collect_unsettled_locked();
    lock_release(&report_lock);
    if (ranges && ranges->count && filter_run(ranges, NO_LIMIT, &none, &hits) == FILTER_NOTHING)
        report_settle(ranges);
    arena_free(ranges, sizeof *ranges);
}

/* --- words that move
 * ----------------------------------------------------------------------------------------- */

/* One of the same module first: others lay at its place before. */
static struct instance *find_same_word_locked(const struct finding *finding, bool unsettled)
{
    struct instance *instance, *next, *found = NULL;
    HASH_ITER (hh, instances, instance, next) {
        if (!is_word(&instance->object) || instance->object.word != finding->object.word ||
            instance->unsettled != unsettled)
            continue;
        if (instance->module == finding->module)
            return instance;
        found = found ? found : instance;
    }
    return found;
}

/* The way that its group tells of is the new one, if it told of this one's. */
static void tell_move_locked(struct instance *instance, struct finding *finding)
{
    struct group *group = instance->group;
    if (group->inherited || finding->module != instance->module ||
        group->finding.module != instance->module) {
        finding_release(finding);
        return;
    }
    finding->severity = group->finding.severity;
    group_update_locked(group, finding, group->at);
    group_write_locked(group);
}

bool instance_move_locked(struct finding *finding)
{
    if (!is_word(&finding->object) || instance_find_locked(&finding->object))
        return false;
    struct instance *instance = find_same_word_locked(finding, true);
    if (instance) {
        HASH_DELETE(hh, instances, instance);
        instance->object = finding->object;
        HASH_ADD(hh, instances, object, sizeof instance->object, instance);
        set_unsettled(instance, false, NULL);
        tell_move_locked(instance, finding);
        return true;
    }
    instance = finding->object.generation ? find_same_word_locked(finding, false) : NULL;
    bool is_repeat = instance && instance->module == finding->module &&
                     instance->object.generation == finding->object.generation;
    if (is_repeat)
        finding_release(finding);
    return is_repeat;
}
