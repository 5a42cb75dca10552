// SPDX-License-Identifier: MIT
/*
 * Interposed functions that the program has itself: their calls do not come here. For the coverage
 * record.
 *
 * Noted at the start, from one thread; never changed after.
 */
#ifndef DLPIN_BASE_BYPASSED_H
#define DLPIN_BASE_BYPASSED_H

/* The name stays the caller's. Beyond a few dozen they are left out. */
void bypassed_note(const char *name);

/* NULL behind the last. */
const char *bypassed_get(unsigned number);

#endif
