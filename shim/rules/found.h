// SPDX-License-Identifier: MIT
/* Findings that were made under the registry lock and are handed on without it. */
#ifndef DLPIN_RULES_FOUND_H
#define DLPIN_RULES_FOUND_H

#include "rules/class.h"
#include "rules/rules.h"

struct found {
    rules_known *known; /* NULL: nothing is */
    struct finding *findings;
    size_t count, capacity;
};

/* Every rule for the subject's class. Under the registry lock where the subject needs it. */
void found_apply(const struct subject *subject, struct found *found);

/* All findings to the sink, which takes them over. Under none of our locks but the check lock. */
void found_hand_on(struct found *found, rules_sink *sink, void *data);

#endif
