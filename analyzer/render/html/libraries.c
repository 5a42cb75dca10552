// SPDX-License-Identifier: MIT
/* The verdicts of dlpin try, a row for each library. */
#include "render/html/html.h"

#include "base/memory.h"
#include "render/escape.h"
#include "try/verdict.h"

#include <stdlib.h>

enum { ROWS_MAX = 2000, WHAT_LENGTH = 300 };

static void put_row(const struct html *html, const struct verdict_row *row, bool is_library)
{
    char *what = escape_cut(memory_string(row->what), WHAT_LENGTH);

    fputs("<tr><th scope=\"row\">", html->out);
    html_name(html, row->name);
    if (!is_library)
        fprintf(html->out, "<small>came with %zu other%s</small>", row->users,
                row->users == 1 ? "" : "s");
    fprintf(html->out, "</th><td>%s%s%s</td><td>", row->fails ? "<b class=\"fails\">" : "",
            outcome_name(row->outcome), row->fails ? "</b>" : "");
    html_text(html, what);
    fputs("</td></tr>\n", html->out);
    free(what);
}

static void put_counts(const struct html *html, const struct verdicts *verdicts)
{
    const char *before = "<p>";

    for (int outcome = OUTCOME_COUNT - 1; outcome >= 0; outcome--) {
        if (verdicts->outcomes[outcome] == 0)
            continue;
        fprintf(html->out, "%s%zu %s", before, verdicts->outcomes[outcome],
                outcome_name((enum outcome)outcome));
        before = ", ";
    }
    fputs(".</p>\n", html->out);
}

void html_put_libraries(const struct html *html)
{
    const struct verdicts *verdicts = html->report->verdicts;
    size_t shown = 0;

    if (verdicts == NULL)
        return;
    fputs("<section aria-labelledby=\"libraries\">\n<h2 id=\"libraries\">Libraries</h2>\n",
          html->out);
    put_counts(html, verdicts);
    fputs("<table><thead><tr><th scope=\"col\">Library</th><th scope=\"col\">Verdict</th>"
          "<th scope=\"col\">Why</th></tr></thead>\n<tbody>\n",
          html->out);
    for (; shown < verdicts->count && shown < ROWS_MAX; shown++)
        put_row(html, &verdicts->rows[shown], shown < verdicts->library_count);
    fputs("</tbody></table>\n", html->out);
    if (shown < verdicts->count)
        fprintf(html->out, "<p>And %zu more, which the report for people has.</p>\n",
                verdicts->count - shown);
    fputs("</section>\n", html->out);
}
