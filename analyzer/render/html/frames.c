// SPDX-License-Identifier: MIT
/* Stacks, with lines of source code. */
#include "render/html/html.h"

#include "base/memory.h"
#include "render/location.h"

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

/* The line that the frame is at and those around it. Returns whether there are any. */
static bool put_source(const struct html *html, const struct frame *frame)
{
    const struct location location = location_of_frame(html->report->root, frame);
    struct source_line line;

    if (location.path == NULL || frame->line <= 0 ||
        !sources_line(html->sources, location.path, frame->line, &line))
        return false;
    fputs("<pre tabindex=\"0\">", html->out);
    for (int number = frame->line - SOURCE_AROUND; number <= frame->line + SOURCE_AROUND;
         number++) {
        if (sources_line(html->sources, location.path, number, &line))
            put_source_line(html, &line, number, number == frame->line);
    }
    fputs("</pre>\n", html->out);
    return true;
}

void html_put_place(const struct html *html, const struct process *process,
                    const struct frame *frame)
{
    const struct module *module = process_module(process, frame->module);
    const char *function = frame->function != NULL ? frame->function : frame->symbol;

    const char *path = location_of_frame(html->report->root, frame).path;

    path = path != NULL ? path : frame->source;
    fputs("<b>", html->out);
    html_name(html, function != NULL ? function : "??");
    fputs("</b> ", html->out);
    if (path != NULL && frame->line > 0)
        html_format(html, "%s:%d ", path, frame->line);
    else if (path != NULL)
        html_format(html, "%s ", path);
    fputs("<i>", html->out);
    if (module != NULL)
        html_format(html, "%s+0x%" PRIx64, module_identity(module), frame->offset);
    else
        html_format(html, "0x%" PRIx64, frame->pc);
    fputs("</i>\n", html->out);
}

void html_put_frame(const struct html *html, const struct process *process,
                    const struct frame *frame)
{
    fputs("<li>", html->out);
    html_put_place(html, process, frame);
}

/* Of the module, the first frames have their lines. */
void html_put_stack(const struct html *html, const struct process *process, int64_t module,
                    const struct frame *frames, size_t count)
{
    size_t snippets = 0;

    if (count == 0)
        return;
    fprintf(html->out, "<ol class=\"stack%s\">\n", count == 1 ? " one" : "");
    for (size_t i = 0; i < count && i < FRAMES_MAX; i++) {
        bool own = module != RECORD_ABSENT && frames[i].module == module;

        fputs(own ? "<li class=\"own\">" : "<li>", html->out);
        html_put_place(html, process, &frames[i]);
        if (snippets < SNIPPETS_MAX)
            snippets += put_source(html, &frames[i]);
    }
    if (count > FRAMES_MAX)
        fprintf(html->out, "<li>and %zu more\n", count - FRAMES_MAX);
    fputs("</ol>\n", html->out);
}
