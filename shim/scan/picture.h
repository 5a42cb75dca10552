// SPDX-License-Identifier: MIT
/* Where a walk begins and the blocks that it may come to: collected in the process itself. */
#ifndef DLPIN_SCAN_PICTURE_H
#define DLPIN_SCAN_PICTURE_H

#include "scan/walk.h"

struct picture {
    const struct ranges *ranges;
    struct maps maps;
    struct roots roots;
    struct heap_pages pages;
};

/* First the mappings, then the rest; `ranges` has the unloaded modules. False: something could not
 * be read, or there is no memory. picture_free gives it back in either case. Takes the registry
 * lock. */
bool picture_begin(struct picture *picture);
bool picture_take(struct picture *picture, const struct ranges *ranges);

/* The same of variables alone, and of what is mapped no more than where the ranges are. */
bool picture_begin_variables(struct picture *picture, const struct ranges *ranges);
bool picture_take_variables(struct picture *picture, const struct ranges *ranges);
void picture_free(struct picture *picture);

/* The walk is of this: in a copy of the process, if nothing else is said. */
void picture_show(const struct picture *picture, struct walk *walk);

#endif
