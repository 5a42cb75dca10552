// SPDX-License-Identifier: MIT
/*
 * The report as one HTML file that needs no other: for people who browse it, and for those whom it
 * is sent to.
 *
 * The findings come first into memory, severest first, so that links lead only to those that have a
 * row: complete ones up to a size, then only what is seen of a row before it is opened, then their
 * number. So the file stays below 5 MB.
 */
#include "render/html/html.h"

#include "base/memory.h"
#include "base/message.h"
#include "load/names.h"
#include "render/blocks.h"
#include "render/escape.h"
#include "render/html/page.h"
#include "render/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* In bytes. What limits the report, the style and the script have some of the rest up to 5 MB. */
enum { SIZE_MAX_OF_PARTS = 4600000 };

void html_text(const struct html *html, const char *text)
{
    xml_put(html->out, text);
}

void html_name(const struct html *html, const char *name)
{
    char *copy = escape_cut(message_printable(memory_string(name)), HTML_NAME_LENGTH);

    xml_put(html->out, copy);
    free(copy);
}

void html_format(const struct html *html, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    html_name(html, text != NULL ? text : "?");
    free(text);
}

static const struct html_row *find_row(const struct html *html, const struct group *group)
{
    struct html_row *row = NULL;

    HASH_FIND_PTR(html->rows, &group, row);
    return row;
}

void html_link(const struct html *html, const struct group *group)
{
    const struct html_row *row = find_row(html, group);

    if (row != NULL)
        fprintf(html->out, "<a href=\"#f%zu\">", row->number);
}

void html_link_end(const struct html *html, const struct group *group)
{
    fputs(find_row(html, group) != NULL ? "</a>" : "", html->out);
}

void html_severity(const struct html *html, enum severity severity)
{
    fprintf(html->out, "<b class=\"s %s\">%s</b>", severity_name(severity),
            severity_name(severity));
}

static void put_number(FILE *out, const char *style, size_t number, const char *one,
                       const char *several)
{
    fprintf(out, "<li class=\"%s%s\"><b>%zu</b> %s</li>\n", style, number == 0 ? " none" : "",
            number, number == 1 ? one : several);
}

/* The number of findings that fail the gate, and of all that count. */
static size_t count_findings(const struct report *report, bool failing)
{
    size_t count = 0;

    for (const struct group *group = report->model->groups; group != NULL; group = group->hh.next)
        count += !group->hidden && (!failing || report_fails(report, group));
    return count;
}

/* "Fails, because of 1 crash and 2 of 3 findings." */
static void put_failing(const struct html *html, size_t failing)
{
    size_t crashes = html->report->model->crash_count, all = count_findings(html->report, false);

    fputs("<p class=\"verdict fails\">Fails, because of ", html->out);
    if (crashes > 0)
        fprintf(html->out, "%zu crash%s", crashes, crashes == 1 ? "" : "es");
    if (crashes > 0 && failing > 0)
        fputs(" and ", html->out);
    if (failing > 0 && failing < all)
        fprintf(html->out, "%zu of %zu findings", failing, all);
    else if (failing > 0)
        fprintf(html->out, "%zu finding%s", failing, failing == 1 ? "" : "s");
    fputs(".</p>\n", html->out);
}

static void put_verdict(const struct html *html, size_t processes)
{
    const struct model *model = html->report->model;
    size_t failing = count_findings(html->report, true);

    if (processes == 0)
        fputs("<p class=\"verdict\">Nothing was seen.</p>\n", html->out);
    else if (failing + model->crash_count > 0)
        put_failing(html, failing);
    else if (model->unloaded == 0)
        fputs("<p class=\"verdict\">Nothing fails, but no module was unloaded.</p>\n", html->out);
    else if (model->closed > 0)
        fprintf(html->out,
                "<p class=\"verdict passes\">Passes, but %zu module%s closed and still "
                "mapped.</p>\n",
                model->closed, model->closed == 1 ? " is" : "s are");
    else
        fprintf(html->out, "<p class=\"verdict passes\">%s</p>\n",
                model_has_findings(model) ? "Passes: no finding is a failure."
                                          : "Clean: no finding counts.");
    fputs("<ul class=\"numbers\">\n", html->out);
    if (model->crash_count > 0)
        put_number(html->out, "crash", model->crash_count, "crash", "crashes");
    put_number(html->out, "error", model->severities[SEVERITY_ERROR], "error", "errors");
    put_number(html->out, "warning", model->severities[SEVERITY_WARNING], "warning", "warnings");
    put_number(html->out, "note", model->severities[SEVERITY_NOTE], "note", "notes");
    put_number(html->out, "plain", processes, "process", "processes");
    put_number(html->out, "plain", model->unloaded, "module unloaded", "modules unloaded");
    if (model->closed > 0)
        put_number(html->out, "plain", model->closed, "closed and still mapped",
                   "closed and still mapped");
    fputs("</ul>\n", html->out);
}

enum { ARGUMENTS_MAX = 40 };

static void put_command(const struct html *html, const struct header_record *header)
{
    const json_t *argument;
    size_t index;

    fputs("<p class=\"command\"><code>", html->out);
    html_name(html, header->exe != NULL ? header->exe : "?");
    json_array_foreach(header->argv, index, argument)
    {
        if (index == 0 || index > ARGUMENTS_MAX)
            continue;
        fputs(" ", html->out);
        html_name(html, index == ARGUMENTS_MAX ? "..." : json_string_value(argument));
    }
    fputs("</code>", html->out);
}

/* The first process that is of interest, or NULL, and how many there are. */
static const struct process *first_shown(const struct model *model, size_t *count)
{
    const struct process *first = NULL;

    *count = 0;
    for (const struct process *process = model->processes; process != NULL;
         process = process->hh.next) {
        if (!model_shows(model, process))
            continue;
        first = first != NULL ? first : process;
        ++*count;
    }
    return first;
}

/* The processes of dlpin try are its own. */
static const char *name_of(const struct report *report, const struct process *first)
{
    if (report->verdicts != NULL)
        return "dlpin try";
    return first != NULL ? process_name(first) : "dlpin";
}

static void put_header(const struct html *html)
{
    size_t processes;
    const struct process *first = first_shown(html->report->model, &processes);

    fputs("<header>\n<h1>", html->out);
    html_format(html, "%s", name_of(html->report, first));
    fputs(" <small>dlpin report</small></h1>\n", html->out);
    if (html->report->verdicts == NULL && first != NULL && first->header != NULL) {
        const struct header_record *header = &first->header->header;

        put_command(html, header);
        fputs("<br>", html->out);
        html_format(html, "process %" PRId64, first->key.pid);
        if (header->started != NULL)
            html_format(html, ", started %s", header->started);
        if (processes > 1)
            fprintf(html->out, ", and %zu more process%s", processes - 1,
                    processes == 2 ? "" : "es");
        fputs("</p>\n", html->out);
    }
    put_verdict(html, processes);
    fputs("</header>\n", html->out);
}

enum { LIMITS_MAX = 200 };

/* The lines of the report for people that limit it: they begin with "dlpin: ". */
static void put_limits(const struct html *html)
{
    struct words words;
    char *text, *rest, *line;
    size_t count = 0;

    words_begin(&words);
    put_limits_of_report(words.stream, html->report);
    text = rest = words_finish(&words);
    if (text[0] != '\0') {
        fputs("<section aria-labelledby=\"limits\">\n<h2 id=\"limits\">What limits this "
              "report</h2>\n<ul>\n",
              html->out);
        while ((line = strsep(&rest, "\n")) != NULL && count++ < LIMITS_MAX) {
            fputs("<li>", html->out);
            html_text(html, escape_cut(line + (strncmp(line, "dlpin: ", 7) == 0 ? 7 : 0), 1000));
            fputs("</li>\n", html->out);
        }
        fputs("</ul>\n", html->out);
        if (line != NULL)
            fputs("<p>And more, which <code>dlpin report</code> has.</p>\n", html->out);
        fputs("</section>\n", html->out);
    }
    free(text);
}

/* The part in front of the findings, to be freed. */
static char *overview(struct html *html)
{
    struct words words;

    words_begin(&words);
    html->out = words.stream;
    put_header(html);
    fputs("<main>\n", html->out);
    html_put_libraries(html);
    html_put_crashes(html);
    html_put_modules(html);
    html_put_timelines(html);
    return words_finish(&words);
}

/* The findings come first: links to them need to know which have a row. Where both parts do not
 * fit, findings are left out, and with them links to them. */
void render_html(FILE *out, const struct report *report, bool color)
{
    size_t processes;
    const struct process *first = first_shown(report->model, &processes);
    struct html html = {.report = report, .sources = sources_new(report->root)};
    char *findings = html_findings(&html, SIZE_MAX_OF_PARTS), *before = overview(&html);
    char *title = memory_format("%s: dlpin report", name_of(report, first));

    if (strlen(findings) + strlen(before) > SIZE_MAX_OF_PARTS) {
        size_t size = strlen(before),
               left = size < SIZE_MAX_OF_PARTS ? SIZE_MAX_OF_PARTS - size : 0;

        html_forget_findings(&html);
        free(findings);
        free(before);
        findings = html_findings(&html, left);
        before = overview(&html);
    }
    page_begin(out, title);
    fprintf(out, "%s\n%s\n", before, findings);
    html.out = out;
    put_limits(&html);
    fputs("</main>\n", out);
    page_end(out);
    free(title);
    free(before);
    free(findings);
    html_forget_findings(&html);
    sources_free(html.sources);
}
