// SPDX-License-Identifier: MIT
/*
 * A file as lines, with a bound on their length: memory use does not follow what a damaged or
 * hostile file contains. Lines may hold any bytes, NUL too.
 */
#ifndef DLPIN_ANALYZER_LINES_H
#define DLPIN_ANALYZER_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A record is one write() of the shim and far smaller. */
#define LINE_LENGTH_MAX ((size_t)8 << 20)

struct line {
    const char *text; /* without the newline; valid during the call only */
    size_t length;
    size_t number;   /* from 1 */
    uint64_t offset; /* of its first byte, from where the reading began */
    bool complete;   /* false: the file ends without a newline */
    bool too_long;   /* text is then only its beginning */
};

/* Called for each line; false ends the reading. */
typedef bool line_visitor(void *context, const struct line *line);

#define LINES_TO_THE_END UINT64_MAX

/* Reads so many bytes of descriptor, or up to its end; 0, or a negative errno. Empty lines are not
 * passed on. A file that somebody writes faster than it is read has no end. */
int lines_read(int descriptor, uint64_t size, line_visitor *visit, void *context);

#endif
