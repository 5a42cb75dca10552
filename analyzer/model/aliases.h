// SPDX-License-Identifier: MIT
/*
 * --alias=GLOB=NAME: the identity of modules whose soname, or the last part of whose path, or whose
 * path matches. Common modules keep theirs, as in the library (shim/ownership/aliases.h).
 */
#ifndef DLPIN_ANALYZER_ALIASES_H
#define DLPIN_ANALYZER_ALIASES_H

#include "load/record.h"

#include <stdbool.h>
#include <stddef.h>

struct alias {
    const char *text; /* borrowed: "GLOB=NAME" */
    size_t glob_length;
};

struct aliases {
    struct alias *items;
    size_t count;
};

/* Is it one that DLPIN_OPTIONS can hold? */
bool alias_is_good(const char *text, size_t length);

/* False where it is none. */
bool aliases_add(struct aliases *aliases, const char *text);
/* The NAME that the module gets, or NULL. */
const char *aliases_name(const struct aliases *aliases, const struct module_record *module);
/* The list for the library's option alias=, a new string; NULL: there are none. */
char *aliases_list(const struct aliases *aliases);
void aliases_clear(struct aliases *aliases);

#endif
