// SPDX-License-Identifier: MIT
/*
 * Raw output: standard error, and one report file per process.
 *
 * Descriptors are the program's: it may close any of them and get the number again for a file of
 * its own. So nothing is written to a descriptor unless it still is the same file (device and
 * inode). The report file's descriptor is a high number, closed on exec; where the program closed
 * it, the file is opened again by its path and checked likewise.
 *
 * Callers of output_file_* hold the report's lock.
 */
#ifndef DLPIN_BASE_OUTPUT_H
#define DLPIN_BASE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Remembers which file standard error is. Once, before any output. */
void output_init(void);

/* Writes once to standard error. False: the descriptor is another file than at the start. */
bool output_stderr(const char *data, size_t length);

/* The path with the current directory in front where it is relative: the program may leave that
 * directory. Arena memory of the caller's. */
char *output_absolute_path(const char *path);

/* The program's file, as it was at the first call, which is at the start; "" where that cannot be
 * read. */
const char *output_program(void);

/*
 * Makes the report file from a pattern with %p and %e (mode 0600, never through a symbolic link,
 * never an existing file: then .1, .2, … is added). In a fork child that cannot make one, its
 * parent's is shared. Returns 0 or a negative errno.
 */
int output_file_open(const char *pattern, const char *program);

/* Where the file lies, or NULL. */
const char *output_file_path(void);

/* Appends to the file with one write(2). False: a part is missing. */
bool output_file_write(const char *data, size_t length);

/* A part of the file is missing for good: removes the write permission, which needs no room on the
 * disk, and which readers can see. */
void output_file_spoil(void);

/* The file that is open now belongs to the parent; a next output_file_open makes one for this
 * process. */
void output_fork_child(void);

#endif
