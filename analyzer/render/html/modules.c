// SPDX-License-Identifier: MIT
/* A table of what each module left behind, over all processes. */
#include "render/html/html.h"

#include "base/memory.h"
#include "load/names.h"
#include "render/blocks.h"
#include "render/stack.h"

#include <stdlib.h>
#include <string.h>

enum { MODULES_MAX = 100, CAUSES_MAX = 8, CLEAN_MAX = 50 };

/* A kind of finding of one module: the group is the worst of them. */
struct cause {
    const struct group *group;
    size_t count;
};

/* All loads of one identity, in all processes. */
struct line {
    const char *identity;
    size_t loads, unloaded, severities[SEVERITY_COUNT], more_causes;
    struct cause causes[CAUSES_MAX];
    size_t cause_count;
    bool has_findings;
    UT_hash_handle hh;
};

static struct line *need_line(struct line **lines, const char *identity)
{
    struct line *line;

    HASH_FIND_STR(*lines, identity, line);
    if (line != NULL)
        return line;
    line = memory_zeroed(sizeof *line);
    line->identity = identity;
    HASH_ADD_KEYPTR(hh, *lines, line->identity, strlen(line->identity), line);
    return line;
}

static void add_cause(struct line *line, const struct group *group)
{
    for (size_t i = 0; i < line->cause_count; i++) {
        if (strcmp(line->causes[i].group->shown->data->kind, group->shown->data->kind) != 0)
            continue;
        line->causes[i].count++;
        return;
    }
    if (line->cause_count < CAUSES_MAX)
        line->causes[line->cause_count++] = (struct cause){group, 1};
    else
        line->more_causes++;
}

static struct line *collect(const struct report *report)
{
    struct line *lines = NULL;

    for (const struct group *group = report->model->groups; group != NULL; group = group->hh.next) {
        struct line *line;

        if (!report_shows(report, group))
            continue;
        line = need_line(&lines, module_identity(finding_module(group->shown)));
        line->has_findings = true;
        line->severities[group->severity]++;
        add_cause(line, group);
    }
    for (const struct process *process = report->model->processes; process != NULL;
         process = process->hh.next) {
        for (const struct module *module = process->modules; module != NULL;
             module = module->hh.next) {
            struct line *line = need_line(&lines, module_identity(module));

            line->loads += module_loads(module);
            line->unloaded += module_unloads(module);
        }
    }
    return lines;
}

static int by_weight(const struct line *left, const struct line *right)
{
    for (unsigned severity = SEVERITY_COUNT; severity-- > 0;) {
        if (left->severities[severity] != right->severities[severity])
            return left->severities[severity] > right->severities[severity] ? -1 : 1;
    }
    return strcmp(left->identity, right->identity);
}

static void put_function(const struct html *html, const struct group *group)
{
    struct own_place place = own_place(group->shown);
    const char *function = place.function != NULL ? place.function : group->signature.function;

    if (function != NULL)
        html_format(html, ": %s", function);
    free(place.function);
}

static void put_causes(const struct html *html, const struct line *line)
{
    fputs("<ul>\n", html->out);
    for (size_t i = 0; i < line->cause_count; i++) {
        const struct group *group = line->causes[i].group;
        const char *title = kind_title(group->shown->data->kind);

        fputs("<li>", html->out);
        html_severity(html, group->severity);
        fputs(" ", html->out);
        html_link(html, group);
        html_name(html, title != NULL ? title : group->shown->data->kind);
        put_function(html, group);
        html_link_end(html, group);
        if (line->causes[i].count > 1)
            fprintf(html->out, ", and %zu more finding%s of this kind", line->causes[i].count - 1,
                    line->causes[i].count == 2 ? "" : "s");
        fputs(report_fails(html->report, group) ? "</li>\n" : " (not a failure)</li>\n", html->out);
    }
    if (line->more_causes > 0)
        fprintf(html->out, "<li>%zu of other kinds</li>\n", line->more_causes);
    fputs("</ul>", html->out);
}

static void put_row(const struct html *html, const struct line *line)
{
    fputs("<tr><th scope=\"row\">", html->out);
    html_name(html, line->identity);
    fprintf(html->out, "<small>%zu load%s, %zu unloaded</small></th><td>", line->loads,
            line->loads == 1 ? "" : "s", line->unloaded);
    put_causes(html, line);
    fputs("</td></tr>\n", html->out);
}

/* Modules that were unloaded and left nothing are a result, too. */
static void put_clean(const struct html *html, const struct line *lines)
{
    size_t count = 0;

    for (const struct line *line = lines; line != NULL; line = line->hh.next) {
        if (line->has_findings || line->unloaded == 0 || count++ >= CLEAN_MAX)
            continue;
        fputs(count == 1 ? "<p>Unloaded, and nothing to show: " : ", ", html->out);
        html_name(html, line->identity);
    }
    if (count > CLEAN_MAX)
        fprintf(html->out, " and %zu more", count - CLEAN_MAX);
    fputs(count > 0 ? ".</p>\n" : "", html->out);
}

static void put_table(const struct html *html, const struct line *lines)
{
    size_t count = 0;

    for (const struct line *line = lines; line != NULL; line = line->hh.next) {
        if (!line->has_findings || count++ >= MODULES_MAX)
            continue;
        if (count == 1)
            fputs("<table aria-labelledby=\"modules\">\n<thead><tr><th "
                  "scope=\"col\">Module</th><th scope=\"col\">What it left "
                  "behind</th></tr>"
                  "</thead>\n<tbody>\n",
                  html->out);
        put_row(html, line);
    }
    fputs(count > 0 ? "</tbody>\n</table>\n" : "", html->out);
    if (count > MODULES_MAX)
        fprintf(html->out, "<p>And %zu more modules.</p>\n", count - MODULES_MAX);
}

void html_put_modules(const struct html *html)
{
    struct line *lines = collect(html->report), *line, *next;

    HASH_SORT(lines, by_weight);
    if (html->report->model->processes != NULL) {
        fputs("<section aria-labelledby=\"modules\">\n<h2 id=\"modules\">By module</h2>\n",
              html->out);
        put_table(html, lines);
        put_clean(html, lines);
        fputs("</section>\n", html->out);
    }
    line = lines;
    HASH_CLEAR(hh, lines);
    for (; line != NULL; line = next) {
        next = line->hh.next;
        free(line);
    }
}
