// SPDX-License-Identifier: MIT
/* Blocks of several loads, each of which was held when its module was unloaded. */
#include "base/lock.h"
#include "report/instances.h"

/* Of a finding that counts several blocks, one is not known from the other. */
static bool is_held_again(const struct instance *instance)
{
    const struct group *group = instance->group;
    return instance->object.kind == KIND_HEAP_HELD && group->count > 1 &&
           group->finding.blocks == 1 && !instance->object.closed && !instance_stands(instance);
}

unsigned report_held_again(struct held_again *list, unsigned most)
{
    struct instance *instance, *next;
    unsigned count = 0;
    if (!report_has_open() || !lock_acquire(&report_lock))
        return 0;
    HASH_ITER (hh, instances, instance, next)
        if (count < most && is_held_again(instance))
            list[count++] = (struct held_again){instance->object, module_ref(instance->module)};
    lock_release(&report_lock);
    return count;
}

void report_lost(const struct object *object)
{
    if (!lock_acquire(&report_lock))
        return;
    struct instance *instance = instance_find_locked(object);
    if (instance)
        instance_resolve_locked(instance, "nothing leads to the memory any more: it is lost");
    lock_release(&report_lock);
}
