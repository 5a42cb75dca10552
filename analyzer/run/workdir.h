// SPDX-License-Identifier: MIT
/*
 * The directory that the report files of one run go into: a private one that goes away again, or
 * the user's (--keep), in which files that were there before are none of this run.
 */
#ifndef DLPIN_ANALYZER_WORKDIR_H
#define DLPIN_ANALYZER_WORKDIR_H

#include <stdbool.h>
#include <stddef.h>

struct workdir {
    char *path; /* absolute */
    bool keep;
    char **before; /* sorted names that it had at the start */
    size_t before_count;
};

/* keep may be NULL. False, after a message, if there is no such directory to be had. */
bool workdir_open(struct workdir *workdir, const char *keep);

/* The files of this run: an array of new strings, both to be freed by workdir_free_files(). */
char **workdir_files(const struct workdir *workdir, size_t *count);
void workdir_free_files(char **files, size_t count);

/* Removes a private directory with all that is in it. */
void workdir_close(struct workdir *workdir);

#endif
