// SPDX-License-Identifier: MIT
/*
 * The loader's list as it was at the last sync, in the loader's order. Most changes are of one
 * kind: objects were added, and then they are at its end; or some were removed, and then mostly
 * those that were finalized just before. So only these are checked, however long the list is; all
 * of it where they do not explain the loader's counters.
 *
 * Under the modules' lock.
 */
#ifndef DLPIN_MODULES_ORDER_H
#define DLPIN_MODULES_ORDER_H

#include "modules/sightings.h"

/* The state that the loader's list is compared with. */
struct list_state order_state_locked(void);

/* The module's object is not in the list any more. */
void order_remove_locked(const struct module *module);

/* The list was taken over: every sighting in it has its module. */
void order_update_locked(const struct sightings *list);

#endif
