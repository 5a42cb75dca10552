// SPDX-License-Identifier: MIT
/* Copies a scan's result into a finding. */
#ifndef DLPIN_RULES_RETAINED_H
#define DLPIN_RULES_RETAINED_H

#include "rules/class.h"

/* The module, and what of it a path that begins in a thread's value or argument leads to. Under the
 * registry lock. */
void retained_copy(const struct retained *retained, struct finding *finding);

#endif
