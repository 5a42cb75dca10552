// SPDX-License-Identifier: MIT
/*
 * The mapped modules by address, as a sorted array that is never changed once it is published: what
 * modules_find and modules_each_mapped (modules/modules.h) read, without a lock, in any phase.
 */
#ifndef DLPIN_MODULES_SNAPSHOT_H
#define DLPIN_MODULES_SNAPSHOT_H

#include "modules/modules.h"

/* Of all that are mapped in the list that begins with `first`. Under the modules' lock. */
void snapshot_publish_locked(const struct module *first);

#endif
