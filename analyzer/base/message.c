// SPDX-License-Identifier: MIT
#include "base/message.h"

#include "base/characters.h"
#include "base/progress.h"

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

static const char *command;

void message_command(const char *name)
{
    command = name;
}

static void say(const char *end, const char *format, va_list args)
{
    char *text = NULL;

    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    progress_clear();
    /* Without memory the bare format still says what happened. */
    fprintf(stderr, "dlpin%s%s: %s%s\n", command != NULL ? " " : "", command != NULL ? command : "",
            text != NULL ? message_printable(text) : format, end);
    free(text);
}

void message_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say("", format, args);
    va_end(args);
}

void message_usage(const char *format, ...)
{
    char end[80];
    va_list args;

    snprintf(end, sizeof end, "; see dlpin %s%s--help, or dlpin(1)", command != NULL ? command : "",
             command != NULL ? " " : "");
    va_start(args, format);
    say(end, format, args);
    va_end(args);
}
