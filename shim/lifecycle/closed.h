// SPDX-License-Identifier: MIT
/*
 * Modules whose last handle the program gave back, and which are still mapped.
 *
 * Inside the guard, without any of our locks; all of these but closed_begins take the loader's list
 * lock.
 */
#ifndef DLPIN_LIFECYCLE_CLOSED_H
#define DLPIN_LIFECYCLE_CLOSED_H

#include "modules/modules.h"

/* A dlclose of a handle of this module begins. */
void closed_begins(struct module *module);

/* The outermost dlclose of this thread is over, and the list of modules is up to date. True: a
 * module was closed and stays, so the things that it left behind must be checked. */
bool closed_check(void);

/* Notes which handles there are, as lifecycle_settle does after each dlopen; `all`: see
 * handles_each_opened. */
void lifecycle_settle_handles(bool all);

#endif
