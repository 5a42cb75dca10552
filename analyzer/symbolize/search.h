// SPDX-License-Identifier: MIT
/* --sysroot and --debug-path: the folders in which files of modules and of their debug information
 * are searched for. */
#ifndef DLPIN_ANALYZER_SEARCH_H
#define DLPIN_ANALYZER_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

struct search {
    char *sysroot; /* or NULL */
    char **debug_folders;
    size_t debug_folder_count;
};

/* False, after a message, where it is no folder. */
bool search_set_sysroot(struct search *search, const char *folder);
/* Adds folders, which colons separate; false, after a message, where one is none. */
bool search_add_debug_path(struct search *search, const char *folders);
void search_clear(struct search *search);

/*
 * The folders of debug information by number: those of --debug-path, that of the sysroot, that of
 * the system. A new string, to be freed; NULL after the last. search may be NULL: then there is no
 * option.
 */
char *search_debug_folder(const struct search *search, size_t number);

/* A path below the sysroot: a new string, to be freed; NULL where there is no sysroot. */
char *search_in_sysroot(const struct search *search, const char *path);

#endif
