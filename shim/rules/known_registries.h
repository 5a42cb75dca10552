// SPDX-License-Identifier: MIT
/*
 * Registries of libraries that are known: where a library keeps what others enter with a call of
 * it, and the call that removes an entry.
 *
 * No function of these libraries is interposed: that would take a wrapper for each, would miss
 * calls through a pointer (SQLite gives its extensions a table of functions), and would put the
 * names of libraries that are not there into the program's scope. An entry is recognised in memory
 * instead, where the scan of memory finds it as it finds any pointer to an unloaded module: the
 * retention path begins in a variable of the library, and leads through blocks of the library, of
 * common modules, or of the module. That the path is the registry's, and not another one of the
 * same library, is known by one of these, the first that holds for any row:
 *
 *   the block that has the word was made by the call that adds an entry (its stack has the call;
 *   of the library's own functions only the one that allocated, for a call site stands for any
 *   caller of it);
 *   the variable has the name that the row says, or the table has the form that the row says
 *   (count=);
 *   the word lies as many blocks from the variable as the row says (blocks=), and the module takes
 *   the call from elsewhere: it is among its undefined dynamic symbols.
 *
 * Under the check lock. Reads modules' files for names.
 */
#ifndef DLPIN_RULES_KNOWN_REGISTRIES_H
#define DLPIN_RULES_KNOWN_REGISTRIES_H

#include "rules/registry_rows.h"
#include "scan/walk.h"

enum registry_entry {
    REGISTRY_NONE,
    REGISTRY_LIVE, /* an entry */
    REGISTRY_DEAD, /* what a registry has after its last entry, or sets again before it reads it */
};

/* Classifies a result that leads to code, or else to data, of an unloaded module. `row` is set if
 * it is a live entry. */
enum registry_entry known_registry_find(const struct result *result, bool is_code,
                                        struct known_registry *row);

/* The block that was found, or has the word, is an entry that the library sets again before it
 * reads it. */
bool known_registry_is_set_again(const struct result *result);

/* Blocks that such a call made, in such a registry: a part of what an entry takes. */
bool known_registry_made(const struct result *result, struct known_registry *row);

#endif
