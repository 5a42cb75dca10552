// SPDX-License-Identifier: MIT
/*
 * The files that hold what was taken out of an ELF file: its debug information, by build ID or
 * .gnu_debuglink, and what several of those share (dwz, .gnu_debugaltlink). Each result is an open
 * descriptor of a regular ELF file that is the wanted one, or -1.
 */
#ifndef DLPIN_ANALYZER_SEPARATE_H
#define DLPIN_ANALYZER_SEPARATE_H

#include "symbolize/search.h"

#include <stdint.h>
#include <sys/stat.h>

/* How a file compares with the one that a process had mapped. */
enum separate_match { SEPARATE_NO_FILE, SEPARATE_OTHER_FILE, SEPARATE_SAME_FILE };

/*
 * The file that was mapped as path, with this build ID ("": with none): in the sysroot, else at its
 * path. Only SEPARATE_SAME_FILE gives a descriptor. SEPARATE_OTHER_FILE: only another one is there.
 */
struct separate_file {
    int descriptor; /* or -1 */
    struct stat status;
    bool in_sysroot;
};

enum separate_match separate_open_module(const struct search *search, const char *path,
                                         const char *build_id, struct separate_file *file);

/* In the folders of debug information. suffix: ".debug", or "" for the file itself. */
int separate_open_by_id(const struct search *search, const char *build_id, const char *suffix,
                        struct stat *status);

/* The file that .gnu_debuglink of the file at path names. Without a build ID the checksum tells. */
int separate_open_link(const struct search *search, const char *path, const char *build_id,
                       const char *link, uint32_t checksum, struct stat *status);

/* The path at which the open file really lies, and the folder of that, with a slash after it; new
 * strings. */
char *separate_path(int descriptor);
char *separate_folder(int descriptor);

/* The alternate file that a file in folder calls by this name, and which has this build ID. */
int separate_open_alternate(const struct search *search, const char *folder, const char *name,
                            const unsigned char *id, size_t size, struct stat *status);

#endif
