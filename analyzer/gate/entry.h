// SPDX-License-Identifier: MIT
/*
 * A line of a file of suppressions or of a baseline (dlpin-suppressions(5)):
 *
 *   KIND:PATTERN[|PATTERN...] [until=YYYY-MM-DD] [reason=...]
 *   sig:HEX [kind=...] [module=...] [function=...] [until=...] [reason=...]
 *   # comment
 */
#ifndef DLPIN_ANALYZER_ENTRY_H
#define DLPIN_ANALYZER_ENTRY_H

#include "model/model.h"

#include <stdbool.h>
#include <stddef.h>

enum entry_type {
    ENTRY_NOTHING, /* a comment, an empty line, or a damaged one */
    ENTRY_PATTERN,
    ENTRY_SIGNATURE,
};

enum entry_state {
    ENTRY_UNUSED, /* it matched nothing; of a baseline: and that means nothing */
    ENTRY_USED,
    ENTRY_FIXED, /* of a baseline: its module was unloaded, and left nothing of this */
};

struct entry {
    enum entry_type type;
    const char *file; /* borrowed */
    size_t line;      /* from 1; 0: the file has no such line, but it follows from it */
    char *text;       /* the whole line */
    char *kind;       /* "*": any; of a signature it may be NULL */
    char *pattern;
    char signature[SIGNATURE_LENGTH + 1];
    char *module, *function; /* of a signature, for people and updates; or NULL */
    char *reason;            /* or NULL */
    int until;               /* the last day on which it holds (gate/day.h), or 0 */
    enum entry_state state;
    size_t matched;     /* groups of findings */
    bool expired;       /* today */
    bool by_first_part; /* the rest of the stack differs from what its signature says */
};

/* text becomes the entry's; what else is set is freed with it. NULL, or what is wrong with it: then
 * the entry is ENTRY_NOTHING. A new string, to be freed. */
char *entry_parse(struct entry *entry, char *text);
void entry_free(struct entry *entry);

/* Does a pattern match? */
bool entry_matches(const struct entry *entry, const struct group *group);

/* The line of a baseline for the group; a new string, to be freed. */
char *entry_line(const struct group *group);

#endif
