// SPDX-License-Identifier: MIT
/*
 * Modules that ran their __cxa_finalize in a dlclose: most of what is unloaded is among them, so
 * that the loader's list need not be walked for it. Where loads have no serial number
 * (modules/serials.h), they also tell a load from its successor at the same place.
 */
#ifndef DLPIN_MODULES_FINALIZING_H
#define DLPIN_MODULES_FINALIZING_H

#include "modules/modules.h"

/* Modules whose dlclose is over, since the last sync. Under the modules' lock. */
unsigned finalized_count_locked(void);
struct module *finalized_at_locked(unsigned index); /* NULL: no more */
void finalized_forget_locked(void);

void finalizing_fork_child(void);

#endif
