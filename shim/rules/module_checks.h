// SPDX-License-Identifier: MIT
/* The rules for handles of modules. */
#ifndef DLPIN_RULES_MODULE_CHECKS_H
#define DLPIN_RULES_MODULE_CHECKS_H

#include "rules/found.h"

/* All handles, or those that an unloaded module opened. Under the registry lock. */
void found_handles_locked(bool all, struct found *found);

#endif
