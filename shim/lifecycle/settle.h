// SPDX-License-Identifier: MIT
/* Modules that may have been loaded or unloaded. */
#ifndef DLPIN_LIFECYCLE_SETTLE_H
#define DLPIN_LIFECYCLE_SETTLE_H

/* Something may have been loaded or unloaded: reads the loader's list, and checks. Takes the list
 * lock, so only around the loader's own functions (modules/modules.h). Inside the guard, without
 * any of our locks. */
void lifecycle_settle(void);

#endif
