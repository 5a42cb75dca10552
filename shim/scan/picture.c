// SPDX-License-Identifier: MIT
#include "scan/picture.h"

bool picture_begin(struct picture *picture)
{
    *picture = (struct picture){0};
    return maps_read(&picture->maps);
}

bool picture_take(struct picture *picture, const struct ranges *ranges)
{
    picture->ranges = ranges;
    if (!heap_pages_read(&picture->pages))
        return false;
    roots_collect(&picture->roots, &picture->maps, &picture->pages, ranges);
    return true;
}

bool picture_begin_variables(struct picture *picture, const struct ranges *ranges)
{
    *picture = (struct picture){0};
    return maps_read_in(&picture->maps, ranges->lowest, ranges->lowest + ranges->span);
}

bool picture_take_variables(struct picture *picture, const struct ranges *ranges)
{
    picture->ranges = ranges;
    roots_of_variables(&picture->roots);
    return !picture->roots.failed;
}

void picture_free(struct picture *picture)
{
    roots_free(&picture->roots);
    heap_pages_free(&picture->pages);
    maps_free(&picture->maps);
}

void picture_show(const struct picture *picture, struct walk *walk)
{
    walk->maps = &picture->maps;
    walk->roots = &picture->roots;
    walk->pages = &picture->pages;
    walk->ranges = picture->ranges;
    walk->place = WALK_IN_COPY;
}
