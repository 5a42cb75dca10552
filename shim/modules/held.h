// SPDX-License-Identifier: MIT
/* The mapped modules while nobody can unload one: under the loader's list lock, under which glibc
 * unmaps (elf/dl-close.c). */
#ifndef DLPIN_MODULES_HELD_H
#define DLPIN_MODULES_HELD_H

#include "modules/modules.h"

/* Calls `visit` for each module that the loader's list has, that we know, and that came after the
 * epoch `since`, in the order of that list. Takes the list lock: none of ours may be held, and
 * `visit` must not call the loader; it may take the arena's. */
typedef void held_visitor(struct module *module, void *data);
void held_each(uint64_t since, held_visitor *visit, void *data);

#endif
