// SPDX-License-Identifier: MIT
/*
 * Lines into records, by as many threads as there are processors, in the order of the lines.
 *
 * One thread, the caller's, adds lines and gets each one back with its record, from within
 * parser_add(), parser_end() or parser_finish(): always in the order in which they were added, so
 * that nobody can see how many threads there are. Further threads only parse, and only start once
 * there is more to do than one thread has at a time. So many lines are between being added and
 * being given back as the threads need: memory does not follow the size of the files.
 */
#ifndef DLPIN_ANALYZER_PARSER_H
#define DLPIN_ANALYZER_PARSER_H

#include "load/lines.h"
#include "load/record.h"

struct parser;

/* Takes what comes back. `file` is what was given with the line. */
struct parser_user {
    /* Takes the record over; it is NULL where the line is none, and `problem` says why. The line
     * and the problem are valid during the call only. */
    void (*line)(void *file, const struct line *line, struct record *record, const char *problem);
    /* All lines of the file have been given back. */
    void (*end)(void *file);
};

/* user must outlive the parser. */
struct parser *parser_new(const struct parser_user *user, unsigned threads);
void parser_add(struct parser *parser, void *file, const struct line *line);
void parser_end(struct parser *parser, void *file);
/* Gives back all that was added so far. */
void parser_finish(struct parser *parser);
/* Likewise, and ends the threads. */
void parser_free(struct parser *parser);

#endif
