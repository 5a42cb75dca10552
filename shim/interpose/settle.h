// SPDX-License-Identifier: MIT
/* The first step of an interposed function, inside the guard. */
#ifndef DLPIN_INTERPOSE_SETTLE_H
#define DLPIN_INTERPOSE_SETTLE_H

/* lifecycle_settle, and our functions into the GOTs of modules that came, where they do not get
 * there by their names. */
void interpose_settle(void);

#endif
