// SPDX-License-Identifier: MIT
/*
 * Which findings do not count: those that a suppression matches, and those that a baseline knows.
 *
 * An entry with a signature matches that; if no finding has it, those whose first part is the same:
 * another optimisation level changes the rest. An entry that is past its day matches nothing, and
 * the finding that it would match says so.
 */
#ifndef DLPIN_ANALYZER_EXCEPTIONS_H
#define DLPIN_ANALYZER_EXCEPTIONS_H

#include "gate/entries.h"

struct exceptions {
    /* From the command line. */
    const char **suppression_paths;
    size_t suppression_count;
    const char *baseline_path; /* NULL: there is none */
    bool show_known;           /* what the baseline knows is shown, and counts */
    bool write, update;        /* the baseline */
    bool print;                /* the suppressions that matched */
    int today;                 /* 0: the machine's */
    /* As read from the files. */
    struct entries *suppressions;
    struct entries baseline;
    size_t suppressed, known; /* groups that do not count */
    size_t added, removed;    /* lines of the baseline that was written */
};

/* Reads the files; a baseline that is to be written need not exist. False, after a message. */
bool exceptions_read(struct exceptions *exceptions);

/* Marks the groups of a signed model, and counts it again. */
void exceptions_apply(struct exceptions *exceptions, struct model *model);

/* Writes the baseline if so asked: what was added counts as known from then on. False, after a
 * message, where the file, or the input, is not good enough for that. */
bool exceptions_write(struct exceptions *exceptions, struct model *model);

/* Takes the findings of a model as the baseline: exceptions_apply() then tells which are new. */
void exceptions_take_model(struct exceptions *exceptions, const struct model *model,
                           const char *path);

void exceptions_clear(struct exceptions *exceptions);

#endif
