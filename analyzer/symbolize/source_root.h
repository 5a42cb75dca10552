// SPDX-License-Identifier: MIT
/* --source-root: the folder of the program's sources. */
#ifndef DLPIN_ANALYZER_SOURCE_ROOT_H
#define DLPIN_ANALYZER_SOURCE_ROOT_H

#include <stdbool.h>

/* The folder of the sources, under both of its names: compilers record either. */
struct source_root {
    char *named; /* without symbolic links resolved; NULL: there is none */
    char *real;
    bool given;           /* by --source-root; otherwise the current one stands in for it */
    const char *fallback; /* --sarif-fallback, or NULL */
};

/* False, after a message, where path is no folder. NULL: the current one, without a message. */
bool source_root_set(struct source_root *root, const char *path);
/* False, after a message, where it is no path in the root; borrowed. */
bool source_root_set_fallback(struct source_root *root, const char *path);
void source_root_clear(struct source_root *root);

/* The part of an absolute path below the root, borrowed from the path; NULL: the path is
 * elsewhere. */
const char *source_root_below(const struct source_root *root, const char *path);

/*
 * The path in the root that a source has, borrowed from it; NULL: the source is elsewhere, or NULL.
 * One that is relative was mapped by the compiler, to the root as a rule.
 */
const char *source_root_path(const struct source_root *root, const char *source);

/* Does a ".." in it lead out of somewhere? */
bool source_root_climbs(const char *path);

#endif
