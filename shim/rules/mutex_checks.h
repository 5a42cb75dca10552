// SPDX-License-Identifier: MIT
/* Robust mutexes in a module that a thread has locked. Under the check lock; takes the registry
 * lock. */
#ifndef DLPIN_RULES_MUTEX_CHECKS_H
#define DLPIN_RULES_MUTEX_CHECKS_H

#include "rules/found.h"
#include "scan/ranges.h"

struct mutex_check {
    pid_t tid;
    const struct ranges *ranges; /* the modules */
    bool closing;                /* which are still mapped */
    /* The thread waits in this module, or has a return address into it: a mutex that it is about to
     * lock or to unlock needs no finding of its own. */
    const struct module *passed;
};

/* True: there is one. */
bool found_mutexes(const struct mutex_check *check, struct found *found);

/* Threads whose mutexes are not known. */
extern unsigned mutexes_unknown;

#endif
