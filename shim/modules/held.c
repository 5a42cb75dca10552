// SPDX-License-Identifier: MIT
#include "modules/held.h"
#include "base/lock.h"
#include "modules/link_maps.h"
#include "modules/order.h"
#include "modules/serials.h"
#include "modules/sightings.h"

struct round {
    uint64_t since;
    struct list_state listed; /* as of the last sync */
    held_visitor *visit;
    void *data;
};

static struct module *module_of(const struct link_map *map)
{
    struct module *module = modules_find((uintptr_t)map->l_ld);
    return module && module->handle == map && sighting_is_load(module, serials_of(map)) ? module
                                                                                        : NULL;
}

/* The last object of the program's namespace at the last sync, if it is there still; else NULL.
 * Its link map is compared, and read only if the loader has it. */
static const struct link_map *find_last(const struct list_state *listed)
{
    return listed->last && sighting_has_map(listed->last_address, listed->last) ? listed->last
                                                                                : NULL;
}

/* The loader appends new loads. After each load the part before them needs no check. */
static const struct link_map *first_since(const struct link_map *map, uint64_t since)
{
    if (since == 0)
        return map;
    while (map->l_next)
        map = map->l_next;
    for (;; map = map->l_prev) {
        const struct module *module = module_of(map);
        if (module && module->epoch <= since)
            return map->l_next;
        if (!map->l_prev)
            return map;
    }
}

static void visit_maps(void *data)
{
    const struct round *round = data;
    const struct link_map *map;
    const struct link_map *last = round->since > 0 ? find_last(&round->listed) : NULL;
    for (unsigned n = 0; (map = link_maps_first(n)) != NULL; n++)
        for (map = first_since(n == 0 && last ? last : map, round->since); map; map = map->l_next) {
            struct module *module = module_of(map);
            if (module && module->epoch > round->since)
                round->visit(module, round->data);
        }
}

void held_each(uint64_t since, held_visitor *visit, void *data)
{
    struct round round = {since, {0}, visit, data};
    if (lock_acquire(&modules_lock)) {
        round.listed = order_state_locked();
        lock_release(&modules_lock);
    }
    link_maps_hold(visit_maps, &round);
}
