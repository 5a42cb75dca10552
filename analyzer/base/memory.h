// SPDX-License-Identifier: MIT
/*
 * Allocation for a command-line program: these never return NULL. When memory runs out they say so
 * and end the process with MEMORY_EXIT_STATUS, which no gate takes for green. Everything is freed
 * with free().
 */
#ifndef DLPIN_ANALYZER_MEMORY_H
#define DLPIN_ANALYZER_MEMORY_H

#include <stddef.h>

#define MEMORY_EXIT_STATUS 125

void *memory_block(size_t size) __attribute__((malloc, returns_nonnull));
void *memory_zeroed(size_t size) __attribute__((malloc, returns_nonnull));
void *memory_resize(void *block, size_t size) __attribute__((returns_nonnull));
char *memory_string(const char *text) __attribute__((malloc, returns_nonnull));
/* The first bytes of a text as a string; there is no NUL among them. */
char *memory_text(const char *text, size_t length) __attribute__((malloc, returns_nonnull));
char *memory_format(const char *format, ...)
    __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

/* Makes room for one more item after `count` items; what it returns replaces `items`. */
void *memory_grow(void *items, size_t count, size_t item_size) __attribute__((returns_nonnull));

/* Appends value to an array that starts as NULL with count 0 and only grows through this macro. */
#define ARRAY_PUSH(items, count, ...)                             \
    do {                                                          \
        (items) = memory_grow((items), (count), sizeof *(items)); \
        (items)[(count)++] = (__VA_ARGS__);                       \
    } while (0)

#endif
