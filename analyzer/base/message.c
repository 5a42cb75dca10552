// SPDX-License-Identifier: MIT
#include "base/message.h"

#include "base/characters.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *message_printable(char *text)
{
    size_t size = strlen(text);
    char *end = text;

    for (size_t at = 0, length; at < size; at += length) {
        uint32_t character;

        length = character_read(text + at, size - at, &character);
        if (character == CHARACTER_INVALID || character_is_hidden(character)) {
            *end++ = '?';
            continue;
        }
        memmove(end, text + at, length);
        end += length;
    }
    *end = '\0';
    return text;
}

void message_error(const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    /* Without memory the bare format still says what happened. */
    fprintf(stderr, "dlpin: %s\n", text != NULL ? message_printable(text) : format);
    free(text);
}
