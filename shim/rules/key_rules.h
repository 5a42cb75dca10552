// SPDX-License-Identifier: MIT
/* Functions for findings about keys and about deletions of keys. */
#ifndef DLPIN_RULES_KEY_RULES_H
#define DLPIN_RULES_KEY_RULES_H

#include "base/text.h"
#include "registry/keys.h"
#include "rules/finding.h"

/* Whose key it is, and its destructor. */
void key_copy(const struct key *key, struct finding *finding);

void key_write(struct text *text, const struct finding *finding, uint32_t number, unsigned live);

#endif
