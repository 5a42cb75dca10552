// SPDX-License-Identifier: MIT
/* A load that modules_find_live met; modules/modules.h has the rest. */
#ifndef DLPIN_MODULES_SYNC_H
#define DLPIN_MODULES_SYNC_H

#include "modules/sightings.h"

/* Adds the load that was seen, and removes those that it covers. Takes the modules' lock, and tells
 * the listener. */
void modules_take_over(struct sighting *sighting, uintptr_t opener, bool deepbind);

#endif
