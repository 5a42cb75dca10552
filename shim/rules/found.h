// SPDX-License-Identifier: MIT
/* Findings that were made under the registry lock and are handed on without it. */
#ifndef DLPIN_RULES_FOUND_H
#define DLPIN_RULES_FOUND_H

#include "rules/rules.h"

struct found {
    rules_known *known; /* NULL: nothing is */
    struct finding *findings;
    size_t count, capacity;
};

/* Every rule for the subject's type. Under the registry lock where the subject needs it. */
void found_apply(const struct subject *subject, struct found *found);

/* The rules for what was registered with libc, but for the environment; `closing`: only what may
 * run the moment this module is unmapped. Under the registry lock. */
void found_registrations_locked(const struct module *closing, struct found *found);

/* Those for the environment. Without `unseen` only if putenv put something there, or the list is
 * another one. Under the registry lock. */
void found_environment_locked(bool unseen, struct found *found);

/* The rules for handles of modules: all of them, or those that an unloaded module opened. Under the
 * registry lock. */
void found_handles_locked(bool all, struct found *found);

/* All findings to the sink, which takes them over. Under none of our locks but the check lock. */
void found_hand_on(struct found *found, rules_sink *sink, void *data);

#endif
