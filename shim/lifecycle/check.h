// SPDX-License-Identifier: MIT
/*
 * Looking at everything that is registered, at unloads and at the end, and reporting what the rules
 * say. Inside the guard; the first five without any of our locks, the others under the check lock.
 */
#ifndef DLPIN_LIFECYCLE_CHECK_H
#define DLPIN_LIFECYCLE_CHECK_H

#include "modules/budget.h"
#include "modules/modules.h"

/* Checks everything that is registered. */
void lifecycle_check(enum moment moment);

/* A check if anything was unloaded since the last one. */
void check_unloads(void);

/* A dlopen begins: what was unloaded is looked at, before something else lies there. */
void lifecycle_loading(void);

/* Somebody asks: memory is included. Returns how many findings still hold that no earlier request
 * was told of. */
unsigned lifecycle_request(void);

/* A key or a thread is gone: resolves what was found of it. */
void lifecycle_gone(void);

/* `exit` begins, before its handlers and destructors run. */
void lifecycle_exit_begins(void);

/* Takes what a scan that is under way finds, or ends it where that takes too long: then none is. */
void check_end_scan(void);

/* A module was closed, and stays: finds out what it retains, if that is quick; else later. */
void check_retained(struct module *module);

/* The process is about to die. `is_asked`: what was not scanned for yet may be the cause; else only
 * what was seen is explained. */
void check_before_death(bool is_asked);

#endif
