// SPDX-License-Identifier: MIT
/*
 * Facts about the process that are needed before any function can be asked for by name.
 *
 * Read from the loader's list of link maps and from the objects' own symbol tables, with no call
 * into any other library: a sanitizer's run time asks dlsym, and so us, for its functions before
 * its replacements for strcmp and dl_iterate_phdr work. At the start only: the list must not change
 * meanwhile.
 */
#ifndef DLPIN_MODULES_SURROUNDINGS_H
#define DLPIN_MODULES_SURROUNDINGS_H

#include "modules/modules.h"
#include "modules/object_at.h"

struct surroundings {
    bool heap_seen;                 /* no object before us has a malloc of its own */
    bool protection_seen;           /* nor an mprotect */
    bool glibc_malloc;              /* the malloc after us is libc's */
    uintptr_t exit_start, exit_end; /* the code of libc's exit(), for the stacks of exit handlers */
    const void *pthread_keys;       /* libc's table of keys, or NULL */
    find_object *find_object;       /* _dl_find_object, or NULL (glibc before 2.35) */
};

void surroundings_read(struct surroundings *found);

/* The path of this library as the loader has it, or NULL; valid as long as the process. */
const char *surroundings_own_path(void);

/* The address of the first definition of a function after us in the search order, or NULL. */
void *surroundings_next_symbol(const char *name);

/* Is there any such definition after us? libc, which has most, is asked first. */
bool surroundings_have_next(const char *name);

/* Does the program itself define the function, for all that search for it? */
bool surroundings_program_has(const char *name);

#endif
