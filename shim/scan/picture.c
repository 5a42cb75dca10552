// SPDX-License-Identifier: MIT
#include "scan/picture.h"

bool picture_take(struct picture *picture, const struct maps *maps, const struct ranges *ranges)
{
    struct maps own;
    *picture = (struct picture){.ranges = ranges};
    if (!maps) {
        bool taken = maps_read(&own) && picture_take(picture, &own, ranges);
        maps_free(&own);
        return taken;
    }
    if (!heap_pages_read(&picture->pages))
        return false;
    roots_collect(&picture->roots, maps, &picture->pages, ranges);
    return true;
}

void picture_free(struct picture *picture)
{
    roots_free(&picture->roots);
    heap_pages_free(&picture->pages);
}

void picture_show(const struct picture *picture, struct walk *walk)
{
    walk->roots = &picture->roots;
    walk->pages = &picture->pages;
    walk->ranges = picture->ranges;
    walk->in_place = true;
}
