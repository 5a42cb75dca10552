// SPDX-License-Identifier: MIT
/*
 * Modules of one build ID that were mapped more than once at the same time in one process: copies
 * of a file under several names, or one file in several namespaces (dlmopen). Each has variables of
 * its own, so that what one registers the other does not find.
 */
#ifndef DLPIN_ANALYZER_DUPLICATES_H
#define DLPIN_ANALYZER_DUPLICATES_H

#include "model/model.h"

struct mapped {
    const struct module *module; /* borrowed from the model */
};

struct duplicate {
    const char *build_id;   /* borrowed from the model */
    struct mapped *modules; /* as many as there were at one time, in the order of loading */
    size_t module_count;
    const struct process *process; /* the one with the most of them, to which the modules belong */
    size_t process_count;          /* in which there is more than one */
};

struct duplicate_index {
    char *key;
    size_t number; /* in items */
    UT_hash_handle hh;
};

struct duplicates {
    struct duplicate *items;
    size_t count;
    struct duplicate_index *by_build_id;
    size_t steps; /* that collecting took, beside sorting: linear in the number of loads */
};

/* duplicates_clear() gives back what duplicates_collect() took. */
void duplicates_collect(struct duplicates *duplicates, const struct model *model);
void duplicates_clear(struct duplicates *duplicates);

/* "a, b and 3 more paths", each path once; a new string, to be freed. */
char *duplicate_paths(const struct duplicate *duplicate);

#endif
