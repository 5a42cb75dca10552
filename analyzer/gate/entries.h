// SPDX-License-Identifier: MIT
/*
 * A file of suppressions, or a baseline, as its lines. A line that is damaged is named and kept,
 * and hides nothing.
 */
#ifndef DLPIN_ANALYZER_ENTRIES_H
#define DLPIN_ANALYZER_ENTRIES_H

#include "gate/entry.h"

struct entry_item {
    struct entry *entry;
};

struct entries {
    const char *path;         /* borrowed */
    struct entry_item *items; /* one a line */
    size_t count;
    size_t bad; /* lines that are damaged */
};

/* False, after a message, where the file cannot be read, has signatures of another version, or has
 * damaged lines alone: then another file was meant, which must not be written to either.
 * entries_clear() in either case. */
bool entries_read(struct entries *entries, const char *path);
void entries_clear(struct entries *entries);

/* Adds a line; the text becomes the entries'. A damaged one is named. */
struct entry *entries_add(struct entries *entries, char *text);

/* Replaces the file as a whole or not at all, without lines of what is fixed if so asked; a
 * symbolic link stays one. False, after a message. */
bool entries_write(const struct entries *entries, bool without_fixed);

#endif
