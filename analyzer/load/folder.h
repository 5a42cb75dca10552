// SPDX-License-Identifier: MIT
/* The report files of a directory. */
#ifndef DLPIN_ANALYZER_FOLDER_H
#define DLPIN_ANALYZER_FOLDER_H

#include "base/file_ids.h"

#include <stdbool.h>
#include <stddef.h>

struct folder {
    char **files; /* paths, in the order of the numbers in their names */
    size_t count;
};

/*
 * In a directory any file may lie; only a regular one that is empty or begins like a line of JSON
 * is a report file. The others are named on standard error, so that a report with a damaged
 * beginning does not go unnoticed; not so those that are `written`, and subdirectories. False,
 * after a message, where there is no report file. folder_free() gives everything back.
 */
bool folder_read(struct folder *folder, const char *path, const struct file_ids *written);
void folder_free(struct folder *folder);

#endif
