// SPDX-License-Identifier: MIT
#include "modules/link_maps.h"
#include "modules/elf_image.h"

/* The chain of namespaces that glibc 2.35 and later show debuggers: struct r_debug_extended in
 * link.h. */
struct namespace
{
    struct r_debug base;
    struct namespace *next;
};

bool link_maps_have_namespaces(void)
{
    return _r_debug.r_version >= 2;
}

const struct link_map *link_maps_first(unsigned number)
{
    /* volatile: the compiler knows how long _r_debug is declared to be, not how long it is. */
    const struct namespace *volatile first = (const struct namespace *)&_r_debug;
    const struct namespace *space = first;
    if (number == 0)
        return _r_debug.r_map;
    for (space = link_maps_have_namespaces() ? space->next : NULL; space; space = space->next)
        if (space->base.r_map && --number == 0)
            return space->base.r_map;
    return NULL;
}

struct held {
    link_maps_work *work;
    void *data;
};

static int hold(struct dl_phdr_info *info, size_t size, void *data)
{
    const struct held *held = data;
    held->work(held->data);
    return 1;
}

void link_maps_hold(link_maps_work *work, void *data)
{
    struct held held = {work, data};
    dl_iterate_phdr(hold, &held);
}
