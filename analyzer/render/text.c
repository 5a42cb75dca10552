// SPDX-License-Identifier: MIT
/*
 * The report for people: a block per group of findings, then what limits the report, then one line
 * that sums it up, which is the last one, as in the tools that people know.
 */
#include "render/report.h"

#include "base/memory.h"
#include "base/message.h"
#include "load/names.h"
#include "model/coverage.h"
#include "render/place.h"
#include "render/way.h"
#include "symbolize/demangle.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const severity_colors[] = {
    [SEVERITY_NOTE] = "\033[36m",
    [SEVERITY_WARNING] = "\033[33m",
    [SEVERITY_ERROR] = "\033[31m",
};

/* All that comes from files goes through here: formatted, and without control characters. */
static void put(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(FILE *out, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    fputs(text != NULL ? message_printable(text) : "out of memory", out);
    free(text);
}

static void put_line(FILE *out, const char *text)
{
    put(out, "%s", text);
    fputc('\n', out);
}

static const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

/* A message of several lines keeps its lines. */
static void put_message(FILE *out, const char *message)
{
    char *copy = demangle_text(message), *rest = copy, *line;

    while ((line = strsep(&rest, "\n")) != NULL) {
        fputs("  ", out);
        put_line(out, line);
    }
    free(copy);
}

static void put_heading(FILE *out, const struct group *group, bool color)
{
    const struct module *module = finding_module(group->shown);
    const char *path = finding_module_path(group->shown);

    fputs(color ? severity_colors[group->severity] : "", out);
    fputs(severity_name(group->severity), out);
    fputs(color ? "\033[0m: " : ": ", out);
    put(out, "%s: %s", group->shown->data->kind,
        module != NULL ? module_identity(module)
        : path != NULL ? path
                       : "?");
    if (module != NULL)
        fprintf(out, " (%s)", module_state_name(module->data->state));
    fputc('\n', out);
}

/* "1, 3-5": consecutive loads as ranges. */
static void put_loads(FILE *out, const struct group *group)
{
    for (size_t i = 0; i < group->load_count; i++) {
        size_t last = i;

        while (last + 1 < group->load_count && group->loads[last + 1] == group->loads[last] + 1)
            last++;
        fprintf(out, "%s%" PRId64, i == 0 ? "" : ", ", group->loads[i]);
        if (last > i)
            fprintf(out, "%s%" PRId64, last == i + 1 ? ", " : "-", group->loads[last]);
        i = last;
    }
}

static void put_repeats(FILE *out, const struct group *group)
{
    fprintf(out, "  %" PRId64 " time%s", group->count, plural(group->count));
    if (group->bytes != RECORD_ABSENT)
        fprintf(out, ", %" PRId64 " byte%s", group->bytes, plural(group->bytes));
    if (group->load_count > 0) {
        fprintf(out, ", load%s ", group->load_count == 1 ? "" : "s");
        put_loads(out, group);
    }
    if (group->process_count > 1)
        fprintf(out, ", in %zu processes", group->process_count);
    fputs(group->growing ? ", growing with each load\n" : "\n", out);
}

static void put_place(FILE *out, const struct process *process, const struct frame *frame)
{
    char *place = place_text(process, frame);

    put_line(out, place);
    free(place);
}

static void put_frames(FILE *out, const struct finding *finding)
{
    const struct finding_record *data = finding->data;

    for (size_t i = 0; i < data->point_count; i++) {
        put(out, "  %s: ", data->points[i].role);
        put_place(out, finding->process, &data->points[i]);
    }
    if (data->stack_count > 0)
        fputs("  created at:\n", out);
    for (size_t i = 0; i < data->stack_count; i++) {
        fprintf(out, "    #%zu ", i);
        put_place(out, finding->process, &data->stack[i]);
    }
}

/* Blocks of modules that act for others say little: they are there, but paler. */
static void put_way(FILE *out, const struct finding *finding, bool color)
{
    const struct path *way = &finding->data->way;

    if (way->count > 0)
        fputs("  reached by:\n", out);
    for (size_t i = 0; i < way->count; i++) {
        const struct path_node *node = &way->nodes[i];
        bool pale = color && node->common;
        char *text = way_text(finding->process, node);

        if (node->skipped > 0)
            fprintf(out, "    ... %" PRId64 " more\n", node->skipped);
        fputs(i == 0 ? "    " : "    -> ", out);
        fputs(pale ? "\033[2m" : "", out);
        put(out, "%s", text);
        fputs(pale ? "\033[0m" : "", out);
        if (node->leaves)
            put(out, " <- the first that %s made", module_identity(finding_module(finding)));
        fputc('\n', out);
        free(text);
    }
}

static void put_group(FILE *out, const struct group *group, bool color)
{
    const struct finding *shown = group->shown;

    put_heading(out, group, color);
    put_message(out, shown->data->message);
    put_repeats(out, group);
    if (shown->data->label != NULL) {
        fputs("  while ", out);
        put_line(out, shown->data->label);
    }
    if (group->pending)
        fputs("  said before the module was unmapped, and nothing after it\n", out);
    if (shown->resolved != NULL)
        fputs("  no longer true when the process ended\n", out);
    put_frames(out, shown);
    put_way(out, shown, color);
    fputc('\n', out);
}

static void put_unfinished(FILE *out, const struct model *model)
{
    const struct process *process;

    for (process = model->processes; process != NULL; process = process->hh.next) {
        if (process_ended(process))
            continue;
        put(out,
            "dlpin: process %" PRId64
            " (%s) has no summary: it did not end normally, or still runs; "
            "what it reported until then is here",
            process->key.pid, process_name(process));
        fputc('\n', out);
    }
}

static void put_item(FILE *out, const char *what, const struct coverage_item *item)
{
    put(out, "dlpin: %s: %s", what, item->text);
    if (item->processes > 1)
        fprintf(out, " (%zu processes)", item->processes);
    fputc('\n', out);
}

static void put_limits(FILE *out, const struct report *report)
{
    struct coverage coverage;

    for (size_t i = 0; i < report->remark_count; i++) {
        fputs("dlpin: ", out);
        put_line(out, report->remarks[i]);
    }
    coverage_collect(&coverage, report->model);
    for (size_t i = 0; i < coverage.unseen_count; i++)
        put_item(out, "not seen", &coverage.unseen[i]);
    for (size_t i = 0; i < coverage.inactive_count; i++)
        put_item(out, "not watched", &coverage.inactive[i]);
    for (size_t i = 0; i < coverage.dropped_count; i++) {
        put(out, "dlpin: dropped: %" PRId64 " %s", coverage.dropped[i].count,
            coverage.dropped[i].text);
        fputc('\n', out);
    }
    coverage_clear(&coverage);
    if (report->model->loaded.damaged > 0)
        fprintf(out, "dlpin: %zu damaged record%s skipped\n", report->model->loaded.damaged,
                plural((int64_t)report->model->loaded.damaged));
    if (report->model->resolved > 0 && !report->model->count_resolved)
        fprintf(out, "dlpin: %zu finding%s not true any more later, and not counted\n",
                report->model->resolved, report->model->resolved == 1 ? " was" : "s were");
}

static void put_total(FILE *out, const struct model *model)
{
    size_t errors = model->severities[SEVERITY_ERROR];
    size_t warnings = model->severities[SEVERITY_WARNING];
    size_t notes = model->severities[SEVERITY_NOTE];
    size_t processes = HASH_COUNT(model->processes);

    fputs("dlpin: ", out);
    if (processes == 0)
        fputs("nothing was seen", out);
    else if (errors + warnings + notes == 0)
        fputs("clean: no findings", out);
    else
        fprintf(out, "%zu error%s, %zu warning%s, %zu note%s", errors, plural((int64_t)errors),
                warnings, plural((int64_t)warnings), notes, plural((int64_t)notes));
    if (processes > 0)
        fprintf(out, "; %zu process%s, %zu module%s unloaded", processes,
                processes == 1 ? "" : "es", model->unloaded, plural((int64_t)model->unloaded));
    fputc('\n', out);
}

void render_text(FILE *out, const struct report *report, bool color)
{
    const struct group *group;

    for (group = report->model->groups; group != NULL; group = group->hh.next) {
        if (report->gate == NULL || gate_matches(report->gate, group))
            put_group(out, group, color);
    }
    if (!report->running)
        put_unfinished(out, report->model);
    put_limits(out, report);
    put_total(out, report->model);
}
