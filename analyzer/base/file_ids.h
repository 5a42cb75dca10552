// SPDX-License-Identifier: MIT
/*
 * A set of files, known by device and inode and not by name.
 */
#ifndef DLPIN_ANALYZER_FILE_IDS_H
#define DLPIN_ANALYZER_FILE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct file_id {
    dev_t device;
    ino_t inode;
};

struct file_ids {
    struct file_id *items;
    size_t count;
};

void file_ids_add(struct file_ids *ids, const struct stat *status);
bool file_ids_have(const struct file_ids *ids, const struct stat *status);
void file_ids_clear(struct file_ids *ids);

#endif
