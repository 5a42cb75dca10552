// SPDX-License-Identifier: MIT
/*
 * The mapped modules by address, as a sorted array that is never changed once it is published: what
 * modules_find and modules_each_mapped (modules/modules.h) read, without a lock, in any phase.
 */
#ifndef DLPIN_MODULES_SNAPSHOT_H
#define DLPIN_MODULES_SNAPSHOT_H

#include "modules/modules.h"

/* Those of the last one that are still mapped, and the list that begins with `new`. False: there is
 * no memory, and the last one stays. Under the modules' lock. */
bool snapshot_publish_locked(const struct module *new, bool some_are_gone);

#endif
