// SPDX-License-Identifier: MIT
/*
 * Which modules still have what the loader wrote to their read-only data (RELRO).
 *
 * That leads into the module itself, and into others that stay mapped as long as it does
 * (elf/dl-lookup.c, add_dependency): neither to a block of the heap, nor into a module that went.
 * Until somebody makes it writable again, to put a hook into a table of functions, for one. That
 * is seen where it is done by mprotect(3); not by a system call of the program's own.
 */
#ifndef DLPIN_MODULES_RELRO_H
#define DLPIN_MODULES_RELRO_H

#include "modules/modules.h"

/* Where nobody has made it writable: [*start, *end). False: somebody has, or there is none. */
bool relro_is_constant(const struct module *module, uintptr_t *start, uintptr_t *end);

/* [start, end) is about to become writable. Lock-free, async-signal-safe, any phase. */
void relro_note_writable(uintptr_t start, uintptr_t end);

#endif
