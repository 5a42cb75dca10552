// SPDX-License-Identifier: MIT
/*
 * The characters that nobody sees, and that change what people see of the others: controls, marks
 * of the direction of writing, separators of lines, characters without width. A name from a file
 * can use them to look like another one, or to send escape sequences to a terminal.
 */
#ifndef DLPIN_ANALYZER_CHARACTERS_H
#define DLPIN_ANALYZER_CHARACTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHARACTER_INVALID UINT32_MAX /* bytes that are not UTF-8 */

bool character_is_hidden(uint32_t character);

/* Reads one character of UTF-8; size is at least 1. Returns how many bytes it has, 1 for
 * CHARACTER_INVALID. */
size_t character_read(const char *text, size_t size, uint32_t *character);

#endif
