// SPDX-License-Identifier: MIT
/*
 * Text built in arena memory: messages, and JSON records.
 *
 * A text that could not grow is marked `failed` and ignores what is added: a writer then drops the
 * whole of it, never half a record. Not for sharing between threads.
 */
#ifndef DLPIN_BASE_TEXT_H
#define DLPIN_BASE_TEXT_H

#include "base/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *data; /* NUL-terminated where not NULL */
    size_t length, capacity;
    bool failed;
};

void text_free(struct text *text);
void text_add_n(struct text *text, const char *s, size_t n);
void text_add(struct text *text, const char *s);
void text_add_uint(struct text *text, uint64_t n);
void text_add_hex(struct text *text, uint64_t n); /* with 0x */

/* Understands %s %d %u %lu %zu %lx %c %% and no flags, widths or precisions. A NULL string prints
 * "?". */
void text_printf(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);

/* "quoted", escaped; bytes that are not UTF-8 come out as U+FFFD. NULL comes out as null. */
void text_add_json(struct text *text, const char *s);

/* The text so far, or "". */
const char *text_string(const struct text *text);

#endif
