// SPDX-License-Identifier: MIT
#include "base/memory.h"

#include "base/message.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *block)
{
    if (block == NULL) {
        message_error("out of memory");
        exit(MEMORY_EXIT_STATUS);
    }
    return block;
}

void *memory_block(size_t size)
{
    return checked(malloc(size > 0 ? size : 1));
}

void *memory_zeroed(size_t size)
{
    return checked(calloc(1, size));
}

void *memory_resize(void *block, size_t size)
{
    return checked(realloc(block, size));
}

char *memory_string(const char *text)
{
    return checked(strdup(text));
}

char *memory_text(const char *text, size_t length)
{
    char *copy = memory_block(length + 1);

    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *memory_format(const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    return checked(text);
}

void *memory_grow(void *items, size_t count, size_t item_size)
{
    size_t room;

    /* The room doubles whenever count is a power of two; in between there is some left. */
    if ((count & (count - 1)) != 0)
        return checked(items);
    room = count == 0 ? 1 : 2 * count;
    if (room > SIZE_MAX / item_size)
        return checked(NULL);
    return memory_resize(items, room * item_size);
}
