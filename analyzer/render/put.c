// SPDX-License-Identifier: MIT
#include "render/put.h"

#include "base/message.h"
#include "render/place.h"

#include <stdarg.h>
#include <stdlib.h>

void put(FILE *out, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    fputs(text != NULL ? message_printable(text) : "out of memory", out);
    free(text);
}

void put_line(FILE *out, const char *text)
{
    put(out, "%s", text);
    fputc('\n', out);
}

void put_place(FILE *out, const struct process *process, const struct frame *frame)
{
    put_place_of(out, process, frame, frame->inlined_count);
}

void put_place_of(FILE *out, const struct process *process, const struct frame *frame,
                  size_t number)
{
    char *place = place_text_of(process, frame, number);

    put_line(out, place);
    free(place);
}

const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}
