// SPDX-License-Identifier: MIT
/* Our list of modules, for the other files of this folder. */
#ifndef DLPIN_MODULES_LIST_H
#define DLPIN_MODULES_LIST_H

#include "modules/sightings.h"

/* Adds the load that was seen, and removes those that it covers. Takes the modules' lock, and tells
 * the listener. */
void modules_take_over(struct sighting *sighting, uintptr_t opener, bool deepbind);

/* Tells the listener of every change that it has not heard of, other threads' included; returns
 * when it has. Takes the lock of changes. */
void modules_tell(void);

#endif
