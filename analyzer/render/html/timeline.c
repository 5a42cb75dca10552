// SPDX-License-Identifier: MIT
/*
 * When modules were loaded and unloaded, and when findings were made: for each process a lane for
 * each module that is of interest. Bars and marks that would lie in one place of the picture are
 * one, so that the number of loads does not matter. The same stands below it as a table.
 */
#include "render/html/html.h"

#include "base/memory.h"
#include "load/names.h"
#include "render/put.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* WIDTH is that of a lane, in units of the picture. */
enum { WIDTH = 500, HEIGHT = 24, LANES_MAX = 20, PROCESSES_MAX = 6 };

/* A place of a lane: the loads that begin there less those that end; the same for loads that are
 * closed and stay mapped; and 1 + the severity of the worst finding there, or 0. */
struct cell {
    int mapped, closed;
    unsigned mark;
};

struct lane {
    const char *identity;
    struct cell cells[WIDTH];
    size_t loads, unloaded, findings;
    int64_t not_listed; /* of the loads: those that left nothing, whose times are not known */
    UT_hash_handle hh;
};

struct timeline {
    const struct html *html;
    const struct process *process;
    int64_t begin, end; /* of what is drawn */
    struct lane *lanes;
    size_t left_out; /* modules without a lane */
};

static size_t place_of(const struct timeline *timeline, int64_t time)
{
    double part = (double)(time - timeline->begin) / (double)(timeline->end - timeline->begin);

    return part <= 0 ? 0 : part >= 1 ? WIDTH - 1 : (size_t)(part * (WIDTH - 1));
}

static void stretch(struct timeline *timeline, int64_t time)
{
    if (time < 0)
        return;
    timeline->begin = time < timeline->begin ? time : timeline->begin;
    timeline->end = time > timeline->end ? time : timeline->end;
}

/* From the first load of a plug-in to the last thing that happened. */
static void find_range(struct timeline *timeline)
{
    const struct process *process = timeline->process;

    timeline->begin = INT64_MAX;
    timeline->end = 0;
    for (const struct module *module = process->modules; module != NULL; module = module->hh.next) {
        if (!html_came_or_went(module))
            continue;
        stretch(timeline, module->loaded);
        stretch(timeline, module->changed);
    }
    for (const struct finding *finding = process->findings; finding != NULL;
         finding = finding->next)
        stretch(timeline, html_has_row(timeline->html, finding) ? finding->time : -1);
    if (process->crash != NULL)
        stretch(timeline, process->crash->record->time);
    if (process->summary != NULL)
        stretch(timeline, process->summary->time);
}

static struct lane *need_lane(struct timeline *timeline, const char *identity)
{
    struct lane *lane;

    HASH_FIND_STR(timeline->lanes, identity, lane);
    if (lane != NULL)
        return lane;
    if (HASH_COUNT(timeline->lanes) >= LANES_MAX) {
        timeline->left_out++;
        return NULL;
    }
    lane = memory_zeroed(sizeof *lane);
    lane->identity = identity;
    HASH_ADD_KEYPTR(hh, timeline->lanes, lane->identity, strlen(lane->identity), lane);
    return lane;
}

static void add_mark(const struct timeline *timeline, struct lane *lane, int64_t time,
                     enum severity severity)
{
    struct cell *cell = &lane->cells[place_of(timeline, time)];

    if (cell->mark < 1 + (unsigned)severity)
        cell->mark = 1 + (unsigned)severity;
}

/* A finding that was pending and was confirmed is reported twice, and came once. */
static bool has_come(const struct steps *steps, size_t i)
{
    return i + 1 == steps->count || steps->items[i + 1].count > steps->items[i].count;
}

static void add_finding(struct timeline *timeline, const struct finding *finding)
{
    struct lane *lane = need_lane(timeline, module_identity(finding_module(finding)));

    if (lane == NULL)
        return;
    lane->findings++;
    add_mark(timeline, lane, finding->time, (enum severity)finding->severity);
    for (size_t i = 0; i < finding->steps.count; i++) {
        if (has_come(&finding->steps, i))
            add_mark(timeline, lane, finding->steps.items[i].time,
                     (enum severity)finding->severity);
    }
}

static void add_module(struct timeline *timeline, const struct module *module)
{
    struct lane *lane = need_lane(timeline, module_identity(module));
    bool is_unloaded = module->data->state == MODULE_UNLOADED;
    size_t begin, end;

    if (lane == NULL)
        return;
    begin = place_of(timeline, module->loaded);
    end = is_unloaded ? place_of(timeline, module->unloaded) : WIDTH;
    lane->loads += module_loads(module);
    lane->unloaded += module_unloads(module);
    lane->not_listed += module->reloads;
    lane->cells[begin].mapped++;
    if (end + 1 < WIDTH)
        lane->cells[end + 1].mapped--;
    if (module->data->state == MODULE_CLOSED)
        lane->cells[place_of(timeline, module->changed)].closed++;
}

/* Modules with findings first: these have a lane if any have. */
static void fill(struct timeline *timeline)
{
    const struct process *process = timeline->process;

    for (const struct finding *finding = process->findings; finding != NULL;
         finding = finding->next) {
        if (html_has_row(timeline->html, finding))
            add_finding(timeline, finding);
    }
    for (const struct module *module = process->modules; module != NULL; module = module->hh.next) {
        if (html_came_or_went(module))
            add_module(timeline, module);
    }
}

/* The bars of one shade, as one path: what is open, or what is closed and still there. */
static void put_bars(FILE *out, const struct lane *lane, bool of_closed)
{
    int mapped = 0, closed = 0;
    bool is_in = false;

    fprintf(out, "<path class=\"%s\" d=\"", of_closed ? "closed" : "mapped");
    for (size_t i = 0; i < WIDTH; i++) {
        bool was_in = is_in;

        mapped += lane->cells[i].mapped;
        closed += lane->cells[i].closed;
        is_in = mapped > 0 && (closed > 0) == of_closed;
        if (is_in && !was_in)
            fprintf(out, "M%zu %d", i, HEIGHT / 2);
        if (was_in && !is_in)
            fprintf(out, "H%zu", i);
    }
    if (is_in)
        fprintf(out, "H%d", WIDTH);
    fputs("\"/>", out);
}

static void put_marks(FILE *out, const struct lane *lane, enum severity severity)
{
    fprintf(out, "<path class=\"%s\" d=\"", severity_name(severity));
    for (size_t i = 0; i < WIDTH; i++) {
        if (lane->cells[i].mark == 1 + (unsigned)severity)
            fprintf(out, "M%zu 0V%d", i, HEIGHT);
    }
    fputs("\"/>", out);
}

static void put_lane(const struct timeline *timeline, const struct lane *lane)
{
    const struct html *html = timeline->html;
    const struct crash *crash = timeline->process->crash;

    fputs("<li><span class=\"m\">", html->out);
    html_name(html, lane->identity);
    fprintf(html->out, "</span> <small>%zu load%s, %zu unloaded, %zu finding%s", lane->loads,
            lane->loads == 1 ? "" : "s", lane->unloaded, lane->findings,
            lane->findings == 1 ? "" : "s");
    if (lane->not_listed > 0)
        fprintf(html->out, "; %" PRId64 " loads are not drawn", lane->not_listed);
    fputs("</small>\n", html->out);
    fprintf(html->out,
            "<svg aria-hidden=\"true\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\">", WIDTH,
            HEIGHT);
    put_bars(html->out, lane, false);
    put_bars(html->out, lane, true);
    for (unsigned severity = 0; severity < SEVERITY_COUNT; severity++)
        put_marks(html->out, lane, (enum severity)severity);
    if (crash != NULL)
        fprintf(html->out, "<path class=\"crash\" d=\"M%zu 0V%d\"/>",
                place_of(timeline, crash->record->time), HEIGHT);
    fputs("</svg>\n", html->out);
}

static void put_axis(FILE *out, int64_t range)
{
    bool is_short = range < 1000000000;

    fprintf(out, "</ul>\n<p class=\"axis\"><span>0</span><span>%.1f %s</span></p>\n",
            (double)range / (is_short ? 1e6 : 1e9), is_short ? "ms" : "s");
}

static void put_timeline(const struct timeline *timeline, bool several)
{
    const struct html *html = timeline->html;
    const struct process *process = timeline->process;

    if (several) {
        fputs("<h3>", html->out);
        html_format(html, "%s (process %" PRId64 ")", process_name(process), process->key.pid);
        fputs("</h3>\n", html->out);
    }
    fputs("<ul class=\"lanes\">\n", html->out);
    for (const struct lane *lane = timeline->lanes; lane != NULL; lane = lane->hh.next)
        put_lane(timeline, lane);
    put_axis(html->out, timeline->end - timeline->begin);
    if (timeline->left_out > 0)
        fprintf(html->out, "<p>%zu more events of modules without a lane.</p>\n",
                timeline->left_out);
    html_put_events(html, process, timeline->begin);
}

static void clear(struct timeline *timeline)
{
    struct lane *lane = timeline->lanes, *next;

    HASH_CLEAR(hh, timeline->lanes);
    for (; lane != NULL; lane = next) {
        next = lane->hh.next;
        free(lane);
    }
}

static const char heading[] =
    "<section aria-labelledby=\"timeline\">\n<h2 id=\"timeline\">Timeline</h2>\n"
    "<p class=\"key\" aria-hidden=\"true\"><span><i class=\"mapped\"></i> mapped</span> "
    "<span><i class=\"closed\"></i> closed, still mapped</span> <span><i class=\"error\"></i> "
    "error</span> "
    "<span><i class=\"warning\"></i> warning</span> <span><i class=\"note\"></i> note</span> "
    "<span><i class=\"crash\"></i> crash</span></p>\n"
    "<p class=\"key\">Each mark is a time at which a finding was made: most are made just after an "
    "unload.</p>\n";

void html_put_timelines(const struct html *html)
{
    bool several = HASH_COUNT(html->report->model->processes) > 1;
    size_t count = 0;

    for (const struct process *process = html->report->model->processes; process != NULL;
         process = process->hh.next) {
        struct timeline timeline = {.html = html, .process = process};

        if (!model_shows(html->report->model, process))
            continue;
        find_range(&timeline);
        if (timeline.end <= timeline.begin)
            continue;
        fill(&timeline);
        if (timeline.lanes != NULL && count++ < PROCESSES_MAX) {
            fputs(count == 1 ? heading : "", html->out);
            put_timeline(&timeline, several);
        }
        clear(&timeline);
    }
    if (count > PROCESSES_MAX)
        fprintf(html->out, "<p>And %zu more processes.</p>\n", count - PROCESSES_MAX);
    fputs(count > 0 ? "</section>\n" : "", html->out);
}
