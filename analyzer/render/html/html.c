// SPDX-License-Identifier: MIT
/*
 * The report as one HTML file that needs no other: for people who look, and for those whom it is
 * sent to.
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
#include "render/html/assets.h"
#include "render/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* In bytes; about 300 KB are left for what stands around the findings. */
enum { COMPLETE_SIZE = 1300 << 10, ROWS_SIZE = 4400 << 10 };

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

/* ---- the list of findings ---- */

struct list {
    size_t size, shown, complete;
    size_t rest[SEVERITY_COUNT]; /* findings without a row */
};

static char *row_text(struct html *html, const struct group *group, size_t number, bool complete)
{
    struct words words;

    words_begin(&words);
    html->out = words.stream;
    if (complete)
        html_put_finding(html, group, number);
    else
        html_put_short_finding(html, group);
    return words_finish(&words);
}

static void add_row(struct html *html, const struct group *group, size_t number)
{
    struct html_row *row = memory_zeroed(sizeof *row);

    row->group = group;
    row->number = number;
    HASH_ADD_PTR(html->rows, group, row);
}

static void add_finding(struct html *html, FILE *out, struct list *list, const struct group *group)
{
    bool complete = list->size < COMPLETE_SIZE;
    char *row = list->size < ROWS_SIZE ? row_text(html, group, list->shown + 1, complete) : NULL;

    if (row == NULL) {
        list->rest[group->severity]++;
        return;
    }
    list->shown++;
    list->complete += complete;
    list->size += strlen(row) + 1;
    if (complete)
        add_row(html, group, list->shown);
    fputs(row, out);
    fputc('\n', out);
    free(row);
}

static void put_rest(FILE *out, const struct list *list)
{
    const char *before = "";

    if (list->complete < list->shown)
        fprintf(out,
                "<p>Of the last %zu findings there is one line each, so that this file does not "
                "grow too large; "
                "<code>dlpin report</code> has all of them.</p>\n",
                list->shown - list->complete);
    if (list->rest[SEVERITY_ERROR] + list->rest[SEVERITY_WARNING] + list->rest[SEVERITY_NOTE] == 0)
        return;
    fputs("<p>Not listed, and none of them worse: ", out);
    for (unsigned severity = SEVERITY_COUNT; severity-- > 0;) {
        if (list->rest[severity] == 0)
            continue;
        fprintf(out, "%s%zu %s%s", before, list->rest[severity],
                severity_name((enum severity)severity), list->rest[severity] == 1 ? "" : "s");
        before = ", ";
    }
    fputs(".</p>\n", out);
}

/* What the script needs; without it, it is not shown. */
static const char controls[] =
    "<form id=\"controls\" role=\"search\" aria-label=\"Findings\" hidden>\n"
    "<label>Search <input id=\"search\" type=\"search\" autocomplete=\"off\" "
    "spellcheck=\"false\"></label>\n"
    "<fieldset><legend>Severity</legend>\n"
    "<label><input type=\"checkbox\" name=\"severity\" value=\"error\" checked> error</label>\n"
    "<label><input type=\"checkbox\" name=\"severity\" value=\"warning\" checked> warning</label>\n"
    "<label><input type=\"checkbox\" name=\"severity\" value=\"note\" checked> note</label>\n"
    "</fieldset>\n"
    "<label>Kind <select id=\"kind\"><option value=\"\">all</option></select></label>\n"
    "<label>Module <select id=\"module\"><option value=\"\">all</option></select></label>\n"
    "<label>Sort by <select id=\"sort\"><option value=\"severity\">severity</option>"
    "<option value=\"module\">module</option><option value=\"kind\">kind</option>"
    "<option value=\"place\">place</option><option value=\"times\">number of "
    "times</option></select></label>\n"
    "<output id=\"shown\" aria-live=\"polite\"></output>\n"
    "</form>\n";

/* To be freed. */
static char *findings_text(struct html *html)
{
    struct list list = {0};
    struct words words;

    words_begin(&words);
    for (const struct group *group = html->report->model->groups; group != NULL;
         group = group->hh.next) {
        if (!report_shows(html->report, group))
            continue;
        if (list.shown == 0)
            fprintf(words.stream,
                    "<section aria-labelledby=\"findings\">\n<h2 "
                    "id=\"findings\">Findings</h2>\n%s<ol id=\"list\" role=\"list\">\n",
                    controls);
        add_finding(html, words.stream, &list, group);
    }
    if (list.shown > 0) {
        fputs("</ol>\n", words.stream);
        put_rest(words.stream, &list);
        fputs("</section>\n", words.stream);
    }
    return words_finish(&words);
}

/* ---- what stands around it ---- */

static void put_head(const struct html *html)
{
    const struct process *first = html->report->model->processes;

    fprintf(html->out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
            "'%s'; "
            "script-src '%s'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<meta name=\"color-scheme\" content=\"light dark\">\n"
            "<meta name=\"referrer\" content=\"no-referrer\">\n"
            "<link rel=\"icon\" href=\"data:,\">\n<title>",
            html_style_hash, html_script_hash);
    html_format(html, "%s: dlpin report", first != NULL ? process_name(first) : "nothing");
    fprintf(html->out, "</title>\n<style>%s</style>\n</head>\n<body>\n", html_style);
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

/* "Fails: 1 crash and 2 of 3 findings." */
static void put_failing(const struct html *html, size_t failing)
{
    size_t crashes = html->report->model->crash_count, all = count_findings(html->report, false);

    fputs("<p class=\"verdict fails\">Fails: ", html->out);
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

static void put_verdict(const struct html *html)
{
    const struct model *model = html->report->model;
    size_t failing = count_findings(html->report, true);

    if (model->processes == NULL)
        fputs("<p class=\"verdict\">Nothing was seen.</p>\n", html->out);
    else if (failing + model->crash_count > 0)
        put_failing(html, failing);
    else
        fprintf(html->out, "<p class=\"verdict passes\">%s</p>\n",
                model_has_findings(model) ? "It passes: nothing here fails the gate."
                                          : "Clean: no finding counts.");
    fputs("<ul class=\"numbers\">\n", html->out);
    if (model->crash_count > 0)
        put_number(html->out, "crash", model->crash_count, "crash", "crashes");
    put_number(html->out, "error", model->severities[SEVERITY_ERROR], "error", "errors");
    put_number(html->out, "warning", model->severities[SEVERITY_WARNING], "warning", "warnings");
    put_number(html->out, "note", model->severities[SEVERITY_NOTE], "note", "notes");
    put_number(html->out, "plain", HASH_COUNT(model->processes), "process", "processes");
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

static void put_header(const struct html *html)
{
    const struct process *first = html->report->model->processes;
    size_t processes = HASH_COUNT(html->report->model->processes);

    fputs("<header>\n<h1>", html->out);
    html_format(html, "%s", first != NULL ? process_name(first) : "dlpin");
    fputs(" <small>dlpin report</small></h1>\n", html->out);
    if (first != NULL && first->header != NULL) {
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
    put_verdict(html);
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

static void forget_rows(struct html *html)
{
    struct html_row *row = html->rows, *next;

    HASH_CLEAR(hh, html->rows);
    for (; row != NULL; row = next) {
        next = row->hh.next;
        free(row);
    }
}

void render_html(FILE *out, const struct report *report, bool color)
{
    struct html html = {.report = report, .sources = sources_new(report->root)};
    char *findings = findings_text(&html);

    html.out = out;
    put_head(&html);
    put_header(&html);
    fputs("<main>\n", out);
    html_put_crashes(&html);
    html_put_modules(&html);
    html_put_timelines(&html);
    fputs(findings, out);
    put_limits(&html);
    fprintf(out,
            "</main>\n<footer>dlpin " DLPIN_VERSION
            "</footer>\n<script>%s</script>\n</body>\n</html>\n",
            html_script);
    free(findings);
    forget_rows(&html);
    sources_free(html.sources);
}
