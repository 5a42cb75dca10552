// SPDX-License-Identifier: MIT
/*
 * The mapped modules by address, as a sorted array that is never changed once it is published: what
 * modules_find and modules_each_mapped (modules/modules.h) read, without a lock, in any phase.
 */
#ifndef DLPIN_MODULES_SNAPSHOT_H
#define DLPIN_MODULES_SNAPSHOT_H

#include "modules/modules.h"

/* Publishes the modules of the last snapshot without the first `count` of the list `unloaded`, and
 * with the mapped ones of the list `new`. False: there is no memory, and the last one stays. Under
 * the modules' lock. */
bool snapshot_publish_locked(struct module *new, const struct module *unloaded, unsigned count);

/* In a fork child: no reader is left. */
void snapshot_fork_child(void);

#endif
