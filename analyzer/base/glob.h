// SPDX-License-Identifier: MIT
/* Patterns for names: '*' stands for any characters, '?' for one, all others for themselves;
 * names of C++ have brackets. */
#ifndef DLPIN_ANALYZER_GLOB_H
#define DLPIN_ANALYZER_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* The time is at most the product of both lengths. */
bool glob_matches(const char *pattern, size_t length, const char *text);

#endif
