// SPDX-License-Identifier: MIT
/*
 * Examines the program before it is started: what will the shim be able to see in it?
 *
 * Only reads files, bounded; whatever is in them, the worst that happens is that nothing is known.
 * Whether the program can be started at all is left to execvp().
 */
#ifndef DLPIN_ANALYZER_PROGRAM_H
#define DLPIN_ANALYZER_PROGRAM_H

#include "run/sanitizers.h"

#include <stdbool.h>

struct program {
    char *path; /* the ELF file that will run: PROGRAM, or the interpreter of a script; or NULL */
    bool is_elf;
    bool is_script;         /* path is its interpreter */
    int elf_class, machine; /* of ELF files */
    bool is_static;         /* no loader will read LD_PRELOAD */
    bool is_musl;           /* libdlpin.so, which is glibc's, would break it */
    bool is_privileged;     /* set-user-ID and the like: the loader will ignore LD_PRELOAD */
    bool has_own_malloc;    /* defines malloc: heap blocks do not come to the shim */
    const struct sanitizer *sanitizer; /* that it was built with, or NULL */
    char *sanitizer_library;           /* its run time, where that is a shared library, or NULL */
};

/* name is looked up in PATH as execvp() does. program_clear() gives everything back. */
void program_inspect(struct program *program, const char *name);
/* Examines a single ELF file, without a search in PATH. */
void program_inspect_file(struct program *program, const char *path);
void program_clear(struct program *program);

#endif
