// SPDX-License-Identifier: MIT
/* A scan's result as a finding. */
#ifndef DLPIN_RULES_RETAINED_H
#define DLPIN_RULES_RETAINED_H

#include "rules/class.h"

/* The module, and what of it a path that begins in a thread's value or argument leads to. Under the
 * registry lock. */
void retained_copy(const struct retained *retained, struct finding *finding);

/* True if the word lay at this place already when the block was made: it may be what a freed block
 * had there, and the program may never have written it. */
bool retained_is_old(const struct result *result, const struct in_block *place);

/* True if nobody can tell whether the word is in use, or whose it is. Then it is a note at most. */
bool retained_is_doubtful(const struct retained *retained);

#endif
