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

/* The outermost dlclose of this thread is over, and what it unmapped is known. True: a module was
 * closed and stays, and what it left behind is to be looked at. */
bool closed_look(void);

/* The process ends: handles that were never closed. They are in the report file, but on standard
 * error only with verbosity=1: most programs never close anything. Under the check lock. */
void closed_report_handles(void);

#endif
