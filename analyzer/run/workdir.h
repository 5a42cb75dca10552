// SPDX-License-Identifier: MIT
/*
 * The directory that the report files of one run go into: a drop box that is removed at the end, or
 * the user's (--keep), in which files that were there before are none of this run.
 *
 * Into a drop box processes may write that changed to another user. Its name cannot be guessed, and
 * the directory around it can only be listed by its owner: nobody else can put files there.
 */
#ifndef DLPIN_ANALYZER_WORKDIR_H
#define DLPIN_ANALYZER_WORKDIR_H

#include <stdbool.h>
#include <stddef.h>

struct workdir {
    char *path;  /* absolute */
    char *outer; /* around a drop box, or NULL */
    bool keep;
    char **before; /* sorted names that it had at the start */
    size_t before_count;
};

/* keep may be NULL. False, after a message, if there is no such directory to be had. */
bool workdir_open(struct workdir *workdir, const char *keep);

/* The files of this run: an array of new strings, both to be freed by workdir_free_files(). */
char **workdir_files(const struct workdir *workdir, size_t *count);
void workdir_free_files(char **files, size_t count);

/* How many of them the library could not write whole: it then takes the right to write away. */
size_t workdir_spoiled(char *const *files, size_t count);

/* No room is left for reports. */
bool workdir_is_full(const struct workdir *workdir);

/* Removes a private directory with all that is in it. */
void workdir_close(struct workdir *workdir);

#endif
