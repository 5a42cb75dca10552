// SPDX-License-Identifier: MIT
/* Words that move from one place to another. */
#include "report/instances.h"
#include "rules/rule.h"

static bool is_same_word(const struct object *one, const struct object *other)
{
    const struct object_class *class = class_of(one);
    return class == class_of(other) && class->word(one) == class->word(other);
}

/* Prefers an instance of the same module: others lay at its place before. */
static struct instance *find_same_word_locked(const struct finding *finding, bool unsettled)
{
    struct instance *instance, *next, *found = NULL;
    HASH_ITER (hh, instances, instance, next) {
        if (instance->unsettled != unsettled || !is_same_word(&instance->object, &finding->object))
            continue;
        if (instance->module == finding->module)
            return instance;
        found = found ? found : instance;
    }
    return found;
}

/* The path that its group reports is the new one, if it reported this one's. */
static void report_move_locked(struct instance *instance, struct finding *finding)
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
    const struct object_class *class = class_of(&finding->object);
    if (!class->word_moves || instance_find_locked(&finding->object))
        return false;
    struct instance *instance =
        report_has_unsettled() ? find_same_word_locked(finding, true) : NULL;
    if (instance) {
        HASH_DELETE(hh, instances, instance);
        instance->object = finding->object;
        HASH_ADD(hh, instances, object, sizeof instance->object, instance);
        instance_set_unsettled(instance, false, NULL);
        report_move_locked(instance, finding);
        return true;
    }
    instance = find_same_word_locked(finding, false);
    bool is_repeat = instance && instance->module == finding->module &&
                     class->is_one_more(&finding->object, &instance->object);
    if (is_repeat)
        finding_release(finding);
    return is_repeat;
}
