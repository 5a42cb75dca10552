// SPDX-License-Identifier: MIT
/* The timeline as a table. */
#include "render/html/html.h"

#include "base/memory.h"
#include "load/names.h"

#include <inttypes.h>
#include <stdlib.h>

enum { EVENTS_MAX = 200 };

/* Modules that were there before and after say nothing. */
bool html_came_or_went(const struct module *module)
{
    return module->data->state != MODULE_LOADED || module->opened;
}

const struct group *html_group(const struct finding *finding)
{
    const struct group *group = finding_group(finding);

    return group != NULL && group->cause != NULL ? group->cause : group;
}

bool html_has_row(const struct html *html, const struct finding *finding)
{
    const struct group *group = html_group(finding);

    return group != NULL && report_shows(html->report, group) && finding_module(finding) != NULL;
}

struct event {
    int64_t time;
    const char *what;
    const struct module *module;
    const struct finding *finding; /* or NULL */
};

struct events {
    struct event *items;
    size_t count;
};

static void add_event(struct events *events, int64_t time, const char *what,
                      const struct module *module, const struct finding *finding)
{
    ARRAY_PUSH(events->items, events->count, (struct event){time, what, module, finding});
}

static int by_time(const void *left, const void *right)
{
    const struct event *one = left, *other = right;

    if (one->time != other->time)
        return one->time < other->time ? -1 : 1;
    return 0;
}

static struct events collect_events(const struct html *html, const struct process *process)
{
    struct events events = {0};

    for (const struct module *module = process->modules; module != NULL; module = module->hh.next) {
        if (!html_came_or_went(module))
            continue;
        add_event(&events, module->loaded, "loaded", module, NULL);
        if (module->data->state != MODULE_LOADED)
            add_event(&events, module->changed, module_state_name(module->data->state), module,
                      NULL);
    }
    for (const struct finding *finding = process->findings; finding != NULL;
         finding = finding->next) {
        if (html_has_row(html, finding))
            add_event(&events, finding->time, "finding", finding_module(finding), finding);
    }
    if (process->crash != NULL)
        add_event(&events, process->crash->record->time, "crash", crash_module(process->crash),
                  NULL);
    if (events.count > 0)
        qsort(events.items, events.count, sizeof *events.items, by_time);
    return events;
}

static void put_event(const struct html *html, const struct event *event, int64_t start)
{
    fprintf(html->out, "<tr><td>%.3f ms</td><td>", (double)(event->time - start) / 1e6);
    html_name(html, module_identity(event->module));
    if (event->module != NULL)
        fprintf(html->out, ", load %" PRId64, event->module->data->load);
    fputs("</td><td>", html->out);
    if (event->finding != NULL) {
        const char *title = kind_title(event->finding->place->kind);

        html_severity(html, (enum severity)event->finding->severity);
        fputs(" ", html->out);
        html_link(html, html_group(event->finding));
        html_name(html, event->finding->place->kind);
        if (title != NULL)
            html_format(html, ": %s", title);
        html_link_end(html, html_group(event->finding));
    } else {
        fputs(event->what, html->out);
    }
    fputs("</td></tr>\n", html->out);
}

/* The last events are those that the findings and the crash are among. */
void html_put_events(const struct html *html, const struct process *process, int64_t start)
{
    FILE *out = html->out;
    struct events events = collect_events(html, process);
    size_t begin = events.count > EVENTS_MAX ? events.count - EVENTS_MAX : 0;

    fputs(
        "<details class=\"events\"><summary>As a table</summary>\n<table "
        "aria-label=\"Timeline\">\n<thead><tr><th "
        "scope=\"col\">Time</th>"
        "<th scope=\"col\">Module</th><th scope=\"col\">What happened</th></tr></thead>\n<tbody>\n",
        out);
    if (begin > 0)
        fprintf(out, "<tr><td colspan=\"3\">%zu earlier ones are left out</td></tr>\n", begin);
    for (size_t i = begin; i < events.count; i++)
        put_event(html, &events.items[i], start);
    fputs("</tbody>\n</table>\n</details>\n", out);
    free(events.items);
}
