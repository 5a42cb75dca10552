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

/* For a list in which objects are only missing: marks the modules of the others as seen. False: it
 * is not what we know; all of it is to be looked at. */
bool order_mark_locked(const struct sightings *list);

/* The list was taken over: every sighting in it has its module. */
void order_update_locked(const struct sightings *list);

#endif
