// SPDX-License-Identifier: MIT
#include "modules/held.h"
#include "modules/link_maps.h"
#include "modules/serials.h"
#include "modules/sightings.h"

struct round {
    held_visitor *visit;
    void *data;
};

static void visit_maps(void *data)
{
    const struct round *round = data;
    const struct link_map *map;
    for (unsigned n = 0; (map = link_maps_first(n)) != NULL; n++)
        for (; map; map = map->l_next) {
            struct module *module = modules_find((uintptr_t)map->l_ld);
            if (module && module->handle == map && sighting_is_load(module, serials_of(map)))
                round->visit(module, round->data);
        }
}

void held_each(held_visitor *visit, void *data)
{
    struct round round = {visit, data};
    link_maps_hold(visit_maps, &round);
}
