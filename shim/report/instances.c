// SPDX-License-Identifier: MIT
#include "report/instances.h"
#include "base/dropped.h"
#include "base/lock.h"
#include "report/log.h"
#include "rules/rule.h"
#include "rules/rules.h"

struct instance *instances;
bool instances_exiting;
static _Atomic unsigned open_count, word_count, unsettled_count;

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
    instance->member = group_add_member(group, finding);
    instance->module = module_ref(finding->module);
    instance->pending = finding->pending;
    instance->late = instances_exiting && !finding->before_exit;
    HASH_ADD(hh, instances, object, sizeof instance->object, instance);
    atomic_fetch_add(&open_count, 1);
    atomic_fetch_add(&word_count, class_of(&instance->object)->word_moves);
}

void instance_set_unsettled(struct instance *instance, bool unsettled, const char *how)
{
    if (unsettled && !instance->unsettled)
        atomic_fetch_add(&unsettled_count, 1);
    if (!unsettled && instance->unsettled)
        atomic_fetch_sub(&unsettled_count, 1);
    instance->unsettled = unsettled;
    instance->how = how;
}

/* Collects the loads again from the remaining instances: the group has no count for each load. */
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
    instance_set_unsettled(instance, false, NULL);
    HASH_DELETE(hh, instances, instance);
    atomic_fetch_sub(&word_count, class_of(&instance->object)->word_moves);
    if (instance->member)
        instance->member->count--;
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

bool instance_stands(const struct instance *instance)
{
    return instances_exiting && !instance->late;
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
