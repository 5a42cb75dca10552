// SPDX-License-Identifier: MIT
/*
 * The files that hold what was taken out of an ELF file: its debug information, by build ID or
 * .gnu_debuglink, and what several of those share (dwz, .gnu_debugaltlink). Each result is an open
 * descriptor of a regular ELF file that is the wanted one, or -1.
 */
#ifndef DLPIN_ANALYZER_SEPARATE_H
#define DLPIN_ANALYZER_SEPARATE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* An ELF file with this build ID ("": with none). */
int separate_open_file(const char *path, const char *build_id, struct stat *status);

/* Below the folder of debug information. suffix: ".debug", or "" for the file itself. */
int separate_open_by_id(const char *build_id, const char *suffix, struct stat *status);

/* The file that .gnu_debuglink of the file at path names. Without a build ID the checksum tells. */
int separate_open_link(const char *path, const char *build_id, const char *link, uint32_t checksum,
                       struct stat *status);

/* The folder in which the open file really lies, with a slash behind it; a new string. */
char *separate_folder(int descriptor);

/* The alternate file that a file in folder calls by this name, and which has this build ID. */
int separate_open_alternate(const char *folder, const char *name, const unsigned char *id,
                            size_t size, struct stat *status);

#endif
