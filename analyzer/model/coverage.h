// SPDX-License-Identifier: MIT
/*
 * Things that the shim could not see, over all processes: the sum of the coverage records.
 */
#ifndef DLPIN_ANALYZER_COVERAGE_H
#define DLPIN_ANALYZER_COVERAGE_H

#include "model/model.h"

struct coverage_item {
    const char *text; /* borrowed from the model */
    int64_t count;    /* events that were dropped, children that died; else processes */
    size_t processes;
};

/* A program that processes started, and that the shim did not come into. */
struct unfollowed_item {
    const char *program, *why; /* borrowed; why is a sentence without its subject */
    int64_t count;
};

struct coverage_index;

struct coverage {
    struct coverage_item *unseen; /* sentences */
    size_t unseen_count;
    struct coverage_item *dropped; /* what was dropped */
    size_t dropped_count;
    struct coverage_item *inactive; /* hook families that did not work */
    size_t inactive_count;
    struct unfollowed_item *unfollowed;
    size_t unfollowed_count;
    struct coverage_item *killed; /* names of signals that children died of */
    size_t killed_count;
    struct coverage_index *index; /* a hash: which item has a text */
};

/* coverage_clear() gives back what coverage_collect() took. */
void coverage_collect(struct coverage *coverage, const struct model *model);
void coverage_clear(struct coverage *coverage);

/* Items in words for people, new strings. */
char *unfollowed_text(const struct unfollowed_item *item);
char *killed_text(const struct coverage_item *item);

/* Does the process's own coverage say that this hook family worked? */
bool coverage_has_hook(const struct process *process, const char *family);

#endif
