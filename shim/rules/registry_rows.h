// SPDX-License-Identifier: MIT
/*
 * The table of registries that are known (rules/known_registries.h), a row a line of text: what is
 * built in (rules/registry_rows_table.c), and the file of the option registries=, for which
 * libdlpin(7) describes it:
 *
 *   LIBRARY ADD REMOVE [blocks=N|N-|N-M] [target=code|data] [variable=GLOB] [count=OFFSET]
 *           [size=BYTES] [set-again] [advice=TEXT to the end of the line]
 *
 * The file is read from one thread, before there are findings. No locks.
 */
#ifndef DLPIN_RULES_REGISTRY_ROWS_H
#define DLPIN_RULES_REGISTRY_ROWS_H

#include "base/span.h"
#include "base/text.h"
#include "modules/symbols.h"

struct known_registry {
    struct span library, add; /* globs, separated by commas */
    struct span remove;       /* or "-": there is no such call */
    struct span variable, advice;
    unsigned fewest, most; /* blocks between the variable and the word */
    bool has_blocks, has_count;
    bool is_code, is_data; /* what an entry points to; neither: anything */
    bool is_set_again;     /* the library sets an entry again before it reads the entry */
    int count;             /* the number of entries, 32 bits, lies so far from the variable; */
    unsigned size;         /* and so large is one */
    /* Of what was found: the library, which the result's path or its site's stack has, too; and of
     * the calls that add the one that did, or else the first. */
    const struct module *of;
    char call[SYMBOL_MAX];
};

extern const char registry_rows_built_in[];

/* Each line of the file that is wrong is one in `complaints`. False: the file cannot be read. */
bool registry_rows_read(const char *path, struct text *complaints);

/* All rows, those of the file first. */
struct registry_cursor {
    struct span tables[2]; /* what is left of each */
};

struct registry_cursor registry_rows(void);

/* False: there is none left. */
bool registry_rows_next(struct registry_cursor *cursor, struct known_registry *row);

#endif
