// SPDX-License-Identifier: MIT
/*
 * The loader's list as it was at the last sync, in the loader's order. Most changes are of one
 * kind: objects were added, and then they are at its end; or some are gone, and the others are
 * those that we know. So only what is new has to be looked at, however long the list is.
 *
 * Under the modules' lock.
 */
#ifndef DLPIN_MODULES_ORDER_H
#define DLPIN_MODULES_ORDER_H

#include "modules/sightings.h"

/* What a look at the list is to be compared with. */
struct list_state order_state_locked(void);

/* For a list in which objects are only missing: calls for the modules of these. False: it is not
 * what we know, and nothing was called; all of it is to be looked at. */
typedef void missing_visitor(struct module *module, void *data);
bool order_each_missing_locked(const struct sightings *list, missing_visitor *visit, void *data);

/* The list was taken over: every sighting in it has its module. */
void order_update_locked(const struct sightings *list);

#endif
