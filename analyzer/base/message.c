// SPDX-License-Identifier: MIT
#include "base/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* True for C0, DEL, and for the C1 controls as UTF-8 spells them (0xC2 0x80 to 0xC2 0x9F). */
static int is_control(const unsigned char *at)
{
    if (*at < 0x20 || *at == 0x7f)
        return 1;
    return at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f;
}

char *message_printable(char *text)
{
    for (unsigned char *at = (unsigned char *)text; *at != '\0'; at++) {
        if (!is_control(at))
            continue;
        if (*at == 0xc2)
            *at++ = '?';
        *at = '?';
    }
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
