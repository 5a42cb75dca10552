// SPDX-License-Identifier: MIT
/*
 * Answers if a module's read-only data (RELRO) still has what the loader wrote there.
 *
 * By its relocations this data leads into the module itself, into others that stay mapped as long
 * as it does (elf/dl-lookup.c, add_dependency), or to what the loader allocated. So it leads
 * neither to a block that a module made, nor into an unloaded module; until somebody makes it
 * writable again, to put a hook into a table of functions, for one. We see mprotect(3) and
 * pkey_mprotect(3), but no system call of the program's own.
 */
#ifndef DLPIN_MODULES_RELRO_H
#define DLPIN_MODULES_RELRO_H

#include "modules/modules.h"

/* Where nobody has made it writable: [*start, *end). False: somebody may have, or there is none. */
bool relro_is_constant(const struct module *module, uintptr_t *start, uintptr_t *end);

/* [start, end) is about to become writable. Lock-free, async-signal-safe, any phase. Of what lies
 * in no module that we know it could be any module's, if the loader says so, or cannot be asked
 * (before glibc 2.35). */
void relro_note_writable(uintptr_t start, uintptr_t end);

/* Somebody may make any module's writable without a call that we see. */
void relro_expect_unseen(void);

#endif
