// SPDX-License-Identifier: MIT
/* How the shim becomes active, and how an interposed function enters it. */
#ifndef DLPIN_LIFECYCLE_START_H
#define DLPIN_LIFECYCLE_START_H

#include "lifecycle/process.h"

/* Makes the shim active, if that can be yet; the constructor and the first event call it. */
void lifecycle_start(void);

/* Enters the shim from an interposed function: false where there is nothing to do but the real
 * call. */
static inline bool lifecycle_enter(int *saved_errno)
{
    if (unlikely(atomic_load_explicit(&lifecycle_phase, memory_order_acquire) == PHASE_EARLY))
        lifecycle_start();
    return process_enter(saved_errno);
}

#endif
