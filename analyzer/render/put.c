// SPDX-License-Identifier: MIT
#include "render/put.h"

#include "base/message.h"
#include "model/function_name.h"
#include "render/place.h"
#include "symbolize/demangle.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

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

void put_message(FILE *out, const char *message, const char *indent)
{
    char *whole = demangle_text(message), *copy = short_name(whole), *rest = copy, *line;

    while ((line = strsep(&rest, "\n")) != NULL) {
        fputs(indent, out);
        put_line(out, line);
    }
    free(copy);
    free(whole);
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

void put_stack(FILE *out, const struct process *process, const char *title,
               const struct frame *frames, size_t count)
{
    size_t line = 0;

    if (count > 0)
        fprintf(out, "  %s:\n", title);
    for (size_t i = 0; i < count; i++) {
        for (size_t number = 0; number < frame_place_count(&frames[i]); number++) {
            fprintf(out, "    #%zu ", line++);
            put_place_of(out, process, &frames[i], number);
        }
    }
}

const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}
