// SPDX-License-Identifier: MIT
/*
 * The object that lies at an address now, by the loader itself: _dl_find_object (glibc 2.35), which
 * takes no lock, is async-signal-safe, and answers in 3 to 8 ns.
 *
 * The answer's contents (link map, program headers, .eh_frame_hdr) may be read only while the
 * object cannot be unloaded: for an address in code that is on the calling thread's own stack, or
 * under the loader's lock. Any other thread's dlclose unmaps the rest at any moment.
 *
 * The answer says where an object lies, not which load it is: three files in turn had the same link
 * map, range and .eh_frame_hdr. modules_find (modules/modules.h) knows the loads.
 */
#ifndef DLPIN_MODULES_OBJECT_AT_H
#define DLPIN_MODULES_OBJECT_AT_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

typedef int find_object(void *address, struct dl_find_object *result);

/* Once, at the start; NULL on an older glibc, where nothing can be asked. */
void object_at_init(find_object *function);

/* The loader can be asked. */
bool object_at_works(void);

/* False: nothing lies there, or the loader cannot be asked. */
bool object_at(uintptr_t address, struct dl_find_object *found);

#endif
