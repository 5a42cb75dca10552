// SPDX-License-Identifier: MIT
/*
 * Lines of source files, for a report that is handed on. Debug information may name any file; only
 * what lies in the folder of the sources, is called like source code, is a regular file and of a
 * usual size is read, each file once.
 */
#ifndef DLPIN_ANALYZER_HTML_SOURCES_H
#define DLPIN_ANALYZER_HTML_SOURCES_H

#include "render/location.h"

#include <stddef.h>

struct sources; /* what was read so far */

struct source_line {
    const char *text; /* no string: it has `length` bytes */
    size_t length;
};

struct sources *sources_new(const struct source_root *root);
void sources_free(struct sources *sources);

/* The line of the file, numbered from 1, at a path in the root. False where there is none. */
bool sources_line(struct sources *sources, const char *path, int number, struct source_line *line);

#endif
