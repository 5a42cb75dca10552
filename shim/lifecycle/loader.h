// SPDX-License-Identifier: MIT
/*
 * Events of the loader: a dlopen begins, a dlclose begins and is over.
 *
 * Inside the guard, without any of our locks.
 */
#ifndef DLPIN_LIFECYCLE_LOADER_H
#define DLPIN_LIFECYCLE_LOADER_H

#include "modules/modules.h"

/* Reads the loader's list if that has changed. Takes the list lock. */
struct module_changes loader_read_list(void);

/* Reads the loader's list and the handles, and checks nothing; a dlopen of the calling thread may
 * be in progress. Takes the list lock, as unwinding does. */
void loader_update(void);

/* A dlclose of this handle begins, or has run the destructors of the module at this address: what
 * could kill the process at the unmapping is written. */
void lifecycle_closing_handle(const void *handle);
void lifecycle_finalizing(uintptr_t address); /* is about to run them */
void lifecycle_closing_module(uintptr_t address);

/* A dlclose is over. */
void lifecycle_closed(void);

#endif
