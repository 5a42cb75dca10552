// SPDX-License-Identifier: MIT
/*
 * Servers of debug information, which are asked only where the user names some in DEBUGINFOD_URLS.
 * libdebuginfod is loaded then, if it is installed, and not before; libdw never asks by itself, for
 * it searches nothing (image.h).
 */
#ifndef DLPIN_ANALYZER_DEBUGINFOD_H
#define DLPIN_ANALYZER_DEBUGINFOD_H

#include <sys/stat.h>

enum debuginfod_wanted { DEBUGINFOD_DEBUG_FILE, DEBUGINFOD_MODULE };

/* A descriptor of a regular ELF file with this build ID, or -1. It may take as long as the user
 * lets it, by DEBUGINFOD_TIMEOUT. */
int debuginfod_open(const char *build_id, enum debuginfod_wanted wanted, struct stat *status);

#endif
