// SPDX-License-Identifier: MIT
/* Stacks, with lines of source code. */
#include "render/html/html.h"

#include "base/memory.h"
#include "render/place.h"

#include <inttypes.h>
#include <stdlib.h>

enum { FRAMES_MAX = 64, SOURCE_AROUND = 2, SOURCE_LENGTH = 160, SNIPPETS_MAX = 2 };

static void put_source_line(const struct html *html, const struct source_line *line, int number,
                            bool here)
{
    char *text = memory_format(
        "%.*s", line->length < SOURCE_LENGTH ? (int)line->length : SOURCE_LENGTH, line->text);

    for (char *at = text; *at != '\0'; at++)
        *at = *at == '\t' ? ' ' : *at;
    fprintf(html->out, "%s%4d  ", here ? "<mark>" : "", number);
    html_text(html, text);
    fputs(here ? "</mark>\n" : "\n", html->out);
    free(text);
}

/* The line that the place is at and those around it. Returns whether there are any. */
static bool put_source(const struct html *html, const struct frame *frame, size_t number)
{
    const struct frame_place place = frame_place(frame, number);
    int here = place.line;
    struct source_line line;

    if (place.path == NULL || here <= 0 || !sources_line(html->sources, place.path, here, &line))
        return false;
    fputs("<pre tabindex=\"0\">", html->out);
    for (int at = here - SOURCE_AROUND; at <= here + SOURCE_AROUND; at++) {
        if (sources_line(html->sources, place.path, at, &line))
            put_source_line(html, &line, at, at == here);
    }
    fputs("</pre>\n", html->out);
    return true;
}

static void put_place_of(const struct html *html, const struct process *process,
                         const struct frame *frame, size_t number)
{
    const struct module *module = process_module(process, frame->module);
    const struct frame_place place = frame_place(frame, number);
    char *function = place.function != NULL ? readable_name(place.function) : memory_string("??");

    fputs("<b>", html->out);
    html_name(html, function);
    fputs("</b> ", html->out);
    if (place.shown != NULL && place.line > 0)
        html_format(html, "%s:%d ", place.shown, place.line);
    else if (place.shown != NULL)
        html_format(html, "%s ", place.shown);
    fputs(place.inlined ? "<i>inlined, " : "<i>", html->out);
    if (module != NULL)
        html_format(html, "%s+0x%" PRIx64, module_identity(module), frame->offset);
    else
        html_format(html, "0x%" PRIx64, frame->pc);
    fputs("</i>\n", html->out);
    free(function);
}

void html_put_place(const struct html *html, const struct process *process,
                    const struct frame *frame)
{
    put_place_of(html, process, frame, frame_place_count(frame) - 1);
}

void html_put_frame(const struct html *html, const struct process *process,
                    const struct frame *frame)
{
    fputs("<li>", html->out);
    html_put_place(html, process, frame);
}

/* The first of them that have lines show these. */
void html_put_stack(const struct html *html, const struct process *process, int64_t module,
                    const struct frame *frames, size_t count)
{
    size_t snippets = 0;

    if (count == 0)
        return;
    fprintf(html->out, "<ol class=\"stack%s\">\n",
            count == 1 && frame_place_count(frames) == 1 ? " one" : "");
    for (size_t i = 0; i < count && i < FRAMES_MAX; i++) {
        bool own = module != RECORD_ABSENT && frames[i].module == module;

        for (size_t number = 0; number < frame_place_count(&frames[i]); number++) {
            fputs(own ? "<li class=\"own\">" : "<li>", html->out);
            put_place_of(html, process, &frames[i], number);
            if (snippets < SNIPPETS_MAX)
                snippets += put_source(html, &frames[i], number);
        }
    }
    if (count > FRAMES_MAX)
        fprintf(html->out, "<li>and %zu more\n", count - FRAMES_MAX);
    fputs("</ol>\n", html->out);
}
