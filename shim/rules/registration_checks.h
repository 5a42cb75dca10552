// SPDX-License-Identifier: MIT
/* The rules for what is registered with the C library. Under the registry lock. */
#ifndef DLPIN_RULES_REGISTRATION_CHECKS_H
#define DLPIN_RULES_REGISTRATION_CHECKS_H

#include "rules/found.h"

/* All but the environment; `closing`: only what may run the moment this module is unmapped. */
void found_registrations_locked(const struct module *closing, struct found *found);

/* Entries of epoll instances that were set past us. */
void found_epolls_locked(struct found *found);

/* The environment. Without `unseen` only if putenv put something there, or the list is another
 * one. */
void found_environment_locked(bool unseen, struct found *found);

#endif
