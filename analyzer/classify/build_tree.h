// SPDX-License-Identifier: MIT
/* The folders in which CMake and Meson build a program, by the files that these keep there. */
#ifndef DLPIN_ANALYZER_BUILD_TREE_H
#define DLPIN_ANALYZER_BUILD_TREE_H

#include "symbolize/source_root.h"

#include <stdbool.h>

/* Does the file lie in a folder in which sources in the root are built? */
bool build_tree_has(const struct source_root *root, const char *path);

#endif
