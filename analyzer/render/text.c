// SPDX-License-Identifier: MIT
/*
 * The report for people: crashes, a block per group of findings, then what limits the report, then
 * one line that sums it up, which is the last one, as in the tools that people know.
 */
#include "render/text.h"

#include "base/memory.h"
#include "load/names.h"
#include "model/coverage.h"
#include "model/duplicates.h"
#include "render/by_module.h"
#include "render/crashes.h"
#include "render/exceptions.h"
#include "render/group.h"
#include "render/put.h"
#include "render/verdicts.h"
#include "try/verdict.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* How the process ended: only dlpin run knows that, of the one that it started. */
static char *end_text(const struct report *report, const struct process *process)
{
    const char *name = process == report->killed ? sigabbrev_np(report->signal) : NULL;

    if (name != NULL)
        return memory_format("was killed by SIG%s", name);
    if (process == report->killed)
        return memory_format("was killed by signal %d", report->signal);
    return memory_string(process->crash != NULL ? "crashed"
                                                : "did not end normally, or still runs");
}

static void put_unfinished(FILE *out, const struct report *report)
{
    const struct process *process;

    for (process = report->model->processes; process != NULL; process = process->hh.next) {
        char *why;

        if (process_ended(process))
            continue;
        why = end_text(report, process);
        put(out, "dlpin: process %" PRId64 " (%s) %s: the report has what was found until then",
            process->key.pid, process_name(process), why);
        fputc('\n', out);
        free(why);
    }
}

static void put_item(FILE *out, const char *what, const struct coverage_item *item)
{
    put(out, "dlpin: %s: %s", what, item->text);
    if (item->processes > 1)
        fprintf(out, " (%zu processes)", item->processes);
    fputc('\n', out);
}

static void put_duplicates(FILE *out, const struct model *model)
{
    struct duplicates duplicates;

    duplicates_collect(&duplicates, model);
    for (size_t i = 0; i < duplicates.count; i++) {
        const struct duplicate *duplicate = &duplicates.items[i];
        char *paths = duplicate_paths(duplicate);

        put(out,
            "dlpin: %s was mapped %zu times at once, each with variables of its own (one build "
            "ID): "
            "%s",
            module_identity(duplicate->modules[0].module), duplicate->module_count, paths);
        if (duplicate->process_count > 1)
            fprintf(out, " (%zu processes)", duplicate->process_count);
        fputc('\n', out);
        free(paths);
    }
    duplicates_clear(&duplicates);
}

static void put_unfollowed(FILE *out, const struct coverage *coverage)
{
    for (size_t i = 0; i < coverage->unfollowed_count; i++) {
        char *text = unfollowed_text(&coverage->unfollowed[i]);

        put(out, "dlpin: not followed: %s", text);
        fputc('\n', out);
        free(text);
    }
}

static void put_killed(FILE *out, const struct coverage *coverage)
{
    for (size_t i = 0; i < coverage->killed_count; i++) {
        char *text = killed_text(&coverage->killed[i]);

        put(out, "dlpin: %s", text);
        fputc('\n', out);
        free(text);
    }
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
    put_unfollowed(out, &coverage);
    put_killed(out, &coverage);
    for (size_t i = 0; i < coverage.dropped_count; i++) {
        put(out, "dlpin: dropped: %" PRId64 " %s", coverage.dropped[i].count,
            coverage.dropped[i].text);
        fputc('\n', out);
    }
    coverage_clear(&coverage);
    if (report->model->loaded.damaged > 0)
        fprintf(out, "dlpin: %zu damaged record%s skipped\n", report->model->loaded.damaged,
                plural((int64_t)report->model->loaded.damaged));
    if (report->model->loaded.flawed > 0)
        fprintf(out, "dlpin: %zu damaged path%s left out, the findings are there\n",
                report->model->loaded.flawed, plural((int64_t)report->model->loaded.flawed));
    if (report->model->loaded.conflicts > 0)
        fprintf(out, "dlpin: %zu record%s with the id of another module or finding\n",
                report->model->loaded.conflicts, plural((int64_t)report->model->loaded.conflicts));
    if (report->model->resolved > 0 && !report->model->count_resolved)
        fprintf(out, "dlpin: %zu finding%s not true any more later, and not counted\n",
                report->model->resolved, report->model->resolved == 1 ? " was" : "s were");
}

/* The number of findings that are too mild to be shown, and are only counted. */
static void put_not_shown(FILE *out, const struct report *report)
{
    size_t count = 0;

    for (const struct group *group = report->model->groups; group != NULL; group = group->hh.next)
        count += !group->hidden && group->cause == NULL && group->severity < report->from &&
                 !report_shows(report, group);
    if (count > 0)
        fprintf(out, "dlpin: %zu of lower severity than %s not shown\n", count,
                severity_name(report->from));
}

static void put_spared(FILE *out, const struct report *report)
{
    size_t count = report->gate != NULL ? gate_count_spared(report->gate, report->model) : 0;

    if (count > 0)
        fprintf(out, "dlpin: %zu of third parties would fail the gate without --own-only\n", count);
}

/* No input was a report: a message has said so, and that is all there is to say. */
static bool was_told_why_nothing(const struct model *model)
{
    return model->processes == NULL && model->loaded.unreadable + model->loaded.empty > 0;
}

static bool has_hidden(const struct model *model)
{
    const struct group *group = model->groups;

    while (group != NULL && !group->hidden)
        group = group->hh.next;
    return group != NULL;
}

/* Nothing is clean of which a part is not known. */
static const char *clean_words(const struct report *report)
{
    const struct model *model = report->model;
    const struct process *process = report->running ? NULL : model->processes;
    struct coverage coverage;
    bool whole;

    while (process != NULL && process_ended(process))
        process = process->hh.next;
    coverage_collect(&coverage, model);
    whole = process == NULL && coverage.unfollowed_count == 0 && coverage.killed_count == 0 &&
            (report->verdicts == NULL || report->verdicts->outcomes[OUTCOME_UNLOADABLE] == 0);
    coverage_clear(&coverage);
    if (!whole)
        return "no findings in what was seen";
    return has_hidden(model) ? "clean: no findings that count" : "clean: no findings";
}

void put_total(FILE *out, const struct report *report)
{
    const struct model *model = report->model;
    size_t errors = model->severities[SEVERITY_ERROR];
    size_t warnings = model->severities[SEVERITY_WARNING];
    size_t notes = model->severities[SEVERITY_NOTE];
    size_t processes = HASH_COUNT(model->processes);

    fputs("dlpin: ", out);
    if (model->crash_count > 0)
        fprintf(out, "%zu crash%s, ", model->crash_count, model->crash_count == 1 ? "" : "es");
    if (processes == 0)
        fputs("nothing was seen", out);
    else if (errors + warnings + notes + model->crash_count == 0)
        fputs(clean_words(report), out);
    else
        fprintf(out, "%zu error%s, %zu warning%s, %zu note%s", errors, plural((int64_t)errors),
                warnings, plural((int64_t)warnings), notes, plural((int64_t)notes));
    if (processes > 0)
        fprintf(out, "; %zu process%s, %zu module%s unloaded", processes,
                processes == 1 ? "" : "es", model->unloaded, plural((int64_t)model->unloaded));
    if (model->closed > 0)
        fprintf(out, ", %zu closed and still mapped", model->closed);
    fputc('\n', out);
}

void put_limits_of_report(FILE *out, const struct report *report)
{
    if (!report->running && report->verdicts == NULL)
        put_unfinished(out, report);
    put_duplicates(out, report->model);
    put_limits(out, report);
    put_exceptions(out, report);
    put_not_shown(out, report);
    put_spared(out, report);
}

void render_text(FILE *out, const struct report *report, bool color)
{
    const struct style style = style_of(out, color, report->verbose);
    const struct group *group;

    put_verdicts(out, report, color);
    put_crashes(out, &style, report->model);
    for (group = report->model->groups; group != NULL; group = group->hh.next) {
        if (report_shows(report, group))
            put_group(out, &style, group);
    }
    if (report->verdicts == NULL)
        put_modules(out, report);
    put_limits_of_report(out, report);
    if (!was_told_why_nothing(report->model))
        put_total(out, report);
}
