// SPDX-License-Identifier: MIT
#include "scan/target.h"

struct module *site_unloaded(const struct site *site)
{
    if (!site)
        return NULL;
    if (module_is_unloaded(site->owner.module))
        return site->owner.module;
    return module_is_unloaded(site->requester.module) ? site->requester.module : NULL;
}

struct module *site_left(const struct site *site)
{
    struct module *module = site_unloaded(site);
    if (module || !site)
        return module;
    if (module_is_closed(site->owner.module))
        return site->owner.module;
    return module_is_closed(site->requester.module) ? site->requester.module : NULL;
}

/* Rarely true, and needs no block's end. */
static bool site_left_near(uintptr_t address)
{
    return site_left(site_get(heap_site_near(address)));
}

static struct module *find_left(uintptr_t address, uint64_t epoch)
{
    struct module *present = modules_find(address);
    return module_is_closed(present) ? module_ref(present) : modules_find_unloaded(address, epoch);
}

struct target target_of(uintptr_t address, uint64_t epoch)
{
    struct target target = {.module = find_left(address, epoch)};
    if (target.module) {
        target.kind = TARGET_IMAGE;
        return target;
    }
    if (!site_left_near(address) || !heap_find(address, &target.block))
        return target;
    target.site = site_get(target.block.site);
    target.module = module_ref(site_left(target.site));
    if (target.module)
        target.kind = TARGET_BLOCK;
    return target;
}

void target_release(struct target *target)
{
    module_unref(target->module);
    target->module = NULL;
}

static bool was_unloaded_before(const struct module *maker, const struct module *module)
{
    return maker && atomic_load(&maker->end_epoch) <= module->epoch;
}

bool site_is_older(const struct site *site, const struct module *module)
{
    return site && was_unloaded_before(site->owner.module, module) &&
           was_unloaded_before(site->requester.module, module);
}

bool site_is_younger(const struct site *site, const struct module *module)
{
    const struct module *owner = site ? site->owner.module : NULL;
    const struct module *requester = site ? site->requester.module : NULL;
    return (owner && was_unloaded_before(module, owner)) ||
           (requester && was_unloaded_before(module, requester));
}

/* glib's g_slice (before 2.76) takes blocks that are aligned to their size. */
bool target_is_pool(const struct module *owner, uintptr_t start, size_t size)
{
    size_t rounded = (size_t)1 << (64 - __builtin_clzl(size | 1));
    if (!owner || owner->loader)
        return owner != NULL;
    return owner->common && !owner->runtime && rounded >= 512 && start % rounded == 0 &&
           rounded - size <= 32;
}
