// SPDX-License-Identifier: MIT
/*
 * Checks everything that is registered, at unloads and at the end, and reports what the rules find.
 * Inside the guard; the first five without any of our locks, the others under the check lock.
 */
#ifndef DLPIN_LIFECYCLE_CHECK_H
#define DLPIN_LIFECYCLE_CHECK_H

#include "modules/budget.h"
#include "modules/modules.h"

/* Checks everything that is registered. */
void lifecycle_check(enum moment moment);

/* A check if anything was unloaded since the last one. */
void check_unloads(void);

/* A dlopen begins: checks the unloaded modules before something else lies at their place. */
void lifecycle_loading(void);

/* A request: memory is included. Returns how many findings still hold that no earlier request has
 * counted. */
unsigned lifecycle_request(void);

/* A key was deleted or a thread has ended: resolves the findings about it. */
void lifecycle_resolve(void);

/* `exit` begins, before its handlers and destructors run. */
void lifecycle_exit_begins(void);

/* Takes the results of the scan in progress, or ends it where that takes too long. Afterwards no
 * scan runs. */
void check_end_scan(void);

/* A module was closed, and stays: finds out what it retains, if that is quick; else later. */
void check_retained(struct module *module);

/* The process is about to die. `is_asked`: what was not scanned for yet may be the cause; else only
 * what was seen is explained. */
void check_before_death(bool is_asked);

#endif
