// SPDX-License-Identifier: MIT
/*
 * Markdown as GitHub and GitLab have it, for a comment on a pull request, which takes no more than
 * 65,536 characters: crashes and findings, severest first, with details that are folded; then, when
 * most of the room is used, a line for each; then the number of the rest.
 *
 * Names stand in code elements, with all punctuation as numbers, and details in preformatted ones,
 * as HTML: so nothing in them is markup, and no name is a mention or a link.
 */
#include "render/report.h"

#include "base/memory.h"
#include "load/names.h"
#include "model/function_name.h"
#include "render/blocks.h"
#include "render/crashes.h"
#include "render/escape.h"
#include "render/location.h"
#include "render/text.h"
#include "try/verdict.h"

#include <stdlib.h>
#include <string.h>

/* In bytes, of which a text has no fewer than characters. */
enum {
    ALL = 65000,
    DETAILED = 50000, /* up to here there are details */
    END = 200,        /* of the line about the rest */
    NAME_LENGTH = 120,
    DETAILS_LENGTH = 6000,
    REMARKS = 5,
    VERDICTS = 50,
};

struct markdown {
    FILE *out;
    size_t used, rest;
    bool in_list;
};

static void add(struct markdown *markdown, const char *text)
{
    fputs(text, markdown->out);
    markdown->used += strlen(text);
}

/* The kind of a finding, its module and its place. */
static char *headline(const char *severity, const char *kind, const struct module *module,
                      const struct location *location)
{
    struct words words;

    words_begin(&words);
    fprintf(words.stream, "<b>%s</b> ", severity);
    markdown_put_name(words.stream, kind, NAME_LENGTH);
    fputs(": ", words.stream);
    markdown_put_name(words.stream, module_identity(module), NAME_LENGTH);
    if (location->function != NULL) {
        char *name = short_name(location->function);

        fputs(" in ", words.stream);
        markdown_put_name(words.stream, name, NAME_LENGTH);
        free(name);
    }
    if (location->path != NULL) {
        char *place = memory_format("%s:%d", location->path, location->line);

        fputs(" at ", words.stream);
        markdown_put_name(words.stream, place, NAME_LENGTH);
        free(place);
    }
    return words_finish(&words);
}

/* Takes both over. A line end in front of the text lets it begin with one. */
static void add_item(struct markdown *markdown, char *head, char *block)
{
    struct words words;
    char *text = NULL;

    if (markdown->used < DETAILED && !markdown->in_list) {
        words_begin(&words);
        fprintf(words.stream, "<details><summary>%s</summary>\n\n<pre>\n", head);
        xml_put(words.stream, escape_cut(block, DETAILS_LENGTH));
        fputs("\n</pre>\n\n</details>", words.stream);
        text = words_finish(&words);
    }
    if (text == NULL || markdown->used + strlen(text) > ALL - END) {
        free(text);
        text = memory_format("- %s", head);
        markdown->in_list = true;
    }
    if (markdown->rest == 0 && markdown->used + strlen(text) + 2 <= ALL - END) {
        add(markdown, text);
        add(markdown, markdown->in_list ? "\n" : "\n\n");
    } else {
        markdown->rest++;
    }
    free(text);
    free(head);
    free(block);
}

static void add_crash(struct markdown *markdown, const struct report *report,
                      const struct crash *crash)
{
    const struct location location = location_of_crash(report->root, crash);
    char *signal = crash_signal(crash);

    add_item(markdown, headline("crash", signal, crash_module(crash), &location),
             block_of_crash(crash));
    free(signal);
}

static void add_group(struct markdown *markdown, const struct report *report,
                      const struct group *group)
{
    const struct location location = location_of_finding(report->root, group->shown);

    add_item(markdown,
             headline(severity_name(group->severity), group->shown->data->kind,
                      finding_module(group->shown), &location),
             block_of_group(group));
}

/* The libraries of dlpin try that are not clean, as far as there is room. */
static void put_verdicts_of(FILE *out, const struct verdicts *verdicts)
{
    size_t shown = 0;

    for (size_t i = 0; i < verdicts->count && shown < VERDICTS; i++) {
        const struct verdict_row *row = &verdicts->rows[i];

        if (row->outcome == OUTCOME_CLEAN)
            continue;
        fprintf(out, "- %s%s%s: ", row->fails ? "<b>" : "", outcome_name(row->outcome),
                row->fails ? "</b>" : "");
        markdown_put_name(out, row->name, NAME_LENGTH);
        fputs(" ", out);
        markdown_put_name(out, row->what, 2 * NAME_LENGTH);
        fputc('\n', out);
        shown++;
    }
}

static void add_head(struct markdown *markdown, const struct report *report)
{
    const struct exceptions *exceptions = report->exceptions;
    struct words words;
    char *text;

    words_begin(&words);
    fputs("### ", words.stream);
    put_total(words.stream, report);
    if (exceptions != NULL && exceptions->suppressed + exceptions->known > 0)
        fprintf(words.stream, "\nNot counted: %zu suppressed, %zu known from the baseline.\n",
                exceptions->suppressed, exceptions->known);
    fputc('\n', words.stream);
    for (size_t i = 0; i < report->remark_count && i < REMARKS; i++) {
        fputs("- ", words.stream);
        markdown_put_name(words.stream, report->remarks[i], 2 * NAME_LENGTH);
        fputc('\n', words.stream);
    }
    if (report->verdicts != NULL)
        put_verdicts_of(words.stream, report->verdicts);
    text = words_finish(&words);
    add(markdown, text);
    add(markdown, "\n\n");
    free(text);
}

void render_markdown(FILE *out, const struct report *report, bool color)
{
    struct markdown markdown = {.out = out};

    add_head(&markdown, report);
    for (const struct crash *crash = report->model->crashes; crash != NULL; crash = crash->next)
        add_crash(&markdown, report, crash);
    for (const struct group *group = report->model->groups; group != NULL; group = group->hh.next) {
        if (report_shows(report, group))
            add_group(&markdown, report, group);
    }
    if (markdown.rest > 0)
        fprintf(out, "\n%zu more are in the report, %s.\n", markdown.rest, report_rest(report));
}
