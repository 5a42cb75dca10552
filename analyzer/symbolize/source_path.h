// SPDX-License-Identifier: MIT
/* Paths of source files as people and tools can open them. */
#ifndef DLPIN_ANALYZER_SOURCE_PATH_H
#define DLPIN_ANALYZER_SOURCE_PATH_H

/*
 * Compilers record paths as they were called with, relative to the directory of the compilation,
 * which may be NULL. A new string: the path in that directory, without "." and ".." as far as the
 * text alone allows.
 */
char *source_path(const char *source, const char *directory);

#endif
