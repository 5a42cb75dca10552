// SPDX-License-Identifier: MIT
#ifndef DLPIN_ANALYZER_SHARED_OBJECT_H
#define DLPIN_ANALYZER_SHARED_OBJECT_H

#include <stdbool.h>

/* A regular file that dlopen is meant for, of this machine: no program, no archive, no script. */
bool is_shared_object(const char *path);

#endif
