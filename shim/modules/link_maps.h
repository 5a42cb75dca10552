// SPDX-License-Identifier: MIT
/*
 * The loader's objects, as it shows them to debuggers: a chain of link maps for each namespace.
 */
#ifndef DLPIN_MODULES_LINK_MAPS_H
#define DLPIN_MODULES_LINK_MAPS_H

#include <link.h>
#include <stdbool.h>

/* Runs `work` under the loader's list lock: no object goes meanwhile, and `work` must not call the
 * loader. None of our locks may be held, but `work` may take the arena's. */
typedef void link_maps_work(void *data);
void link_maps_hold(link_maps_work *work, void *data);

/* Under the loader's list lock: the first object of namespace `number`, from 0, the program's own;
 * NULL where there is no such namespace. Empty ones are passed over. */
const struct link_map *link_maps_first(unsigned number);

/* True if there are namespaces beside the program's (dlmopen). */
bool link_maps_have_namespaces(void);

#endif
