// SPDX-License-Identifier: MIT
/* The facts that program.c needs of one ELF file; read with libelf, which bounds every access. */
#ifndef DLPIN_ANALYZER_ELF_FACTS_H
#define DLPIN_ANALYZER_ELF_FACTS_H

#include "run/sanitizers.h"

#include <stdbool.h>

struct elf_facts {
    bool is_elf;
    int elf_class, machine;
    bool has_interpreter; /* PT_INTERP */
    bool is_musl;         /* and that is musl's */
    bool is_loader;       /* the dynamic loader itself, which has none and preloads all the same */
    bool defines_malloc;  /* in its dynamic symbol table */
    bool looks_for_sanitizer_hook;
    const struct sanitizer *sanitizer; /* that it was built with, or NULL */
    char *sanitizer_library;           /* its shared run time; a new string, or NULL */
};

/* All false where path is no ELF file or cannot be read. */
void elf_facts_read(struct elf_facts *facts, const char *path);

#endif
