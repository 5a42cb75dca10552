// SPDX-License-Identifier: MIT
/* The list of findings, with what the script needs to filter and sort it. */
#include "render/html/html.h"

#include "base/memory.h"
#include "load/names.h"
#include "render/blocks.h"

#include <stdlib.h>
#include <string.h>

/* In bytes: what a list takes besides its rows. */
enum { END_SIZE = 4096 };

struct list {
    size_t most; /* bytes of rows, of which complete ones take up to a third */
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
    bool complete = list->size < list->most / 3;
    char *row = list->size < list->most ? row_text(html, group, list->shown + 1, complete) : NULL;

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

static void put_rest(FILE *out, const struct report *report, const struct list *list)
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
    fprintf(out, "<p>Not listed, %s: ", report_rest(report));
    for (unsigned severity = SEVERITY_COUNT; severity-- > 0;) {
        if (list->rest[severity] == 0)
            continue;
        fprintf(out, "%s%zu %s%s", before, list->rest[severity],
                severity_name((enum severity)severity), list->rest[severity] == 1 ? "" : "s");
        before = ", ";
    }
    fputs(".</p>\n", out);
}

/* The controls work by the script; without it they are hidden. */
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

char *html_findings(struct html *html, size_t most)
{
    struct list list = {.most = most > END_SIZE ? most - END_SIZE : 0};
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
        put_rest(words.stream, html->report, &list);
        fputs("</section>\n", words.stream);
    }
    return words_finish(&words);
}

void html_forget_findings(struct html *html)
{
    struct html_row *row = html->rows, *next;

    HASH_CLEAR(hh, html->rows);
    for (; row != NULL; row = next) {
        next = row->hh.next;
        free(row);
    }
}
