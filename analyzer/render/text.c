// SPDX-License-Identifier: MIT
/*
 * The report for people: crashes, a block per group of findings, then what limits the report, then
 * one line that sums it up, which is the last one, as in the tools that people know.
 */
#include "render/text.h"

#include "load/names.h"
#include "model/coverage.h"
#include "model/duplicates.h"
#include "model/growth.h"
#include "model/members.h"
#include "render/about.h"
#include "render/crashes.h"
#include "render/exceptions.h"
#include "render/place.h"
#include "render/put.h"
#include "render/verdicts.h"
#include "render/way.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const severity_colors[] = {
    [SEVERITY_NOTE] = "\033[36m",
    [SEVERITY_WARNING] = "\033[33m",
    [SEVERITY_ERROR] = "\033[31m",
};

static void put_heading(FILE *out, const struct group *group, bool color)
{
    char *about = about_text(group);

    fputs(color ? severity_colors[group->severity] : "", out);
    fputs(severity_name(group->severity), out);
    fputs(color ? "\033[0m: " : ": ", out);
    put(out, "%s: %s", group->shown->data->kind, about);
    fputc('\n', out);
    free(about);
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

/* Only the last time is known of what came again. */
static void put_size(FILE *out, const struct group *group)
{
    bool repeated = group->count > (int64_t)group->process_count;

    if (group->bytes == RECORD_ABSENT)
        return;
    fprintf(out, ", %s%" PRId64 " byte%s", repeated ? "the last of " : "", group->bytes,
            plural(group->bytes));
    if (group->blocks != RECORD_ABSENT)
        fprintf(out, " in %" PRId64 " block%s", group->blocks, plural(group->blocks));
}

/* A module that stays mapped is opened again and again, and is one load. */
static bool is_of_one_load(const struct group *group)
{
    return group->load_count == 1;
}

static void put_repeats(FILE *out, const struct group *group)
{
    fprintf(out, "  %" PRId64 " time%s", group->count, plural(group->count));
    put_size(out, group);
    if (group->load_count > 0) {
        fprintf(out, ", load%s ", group->load_count == 1 ? "" : "s");
        put_loads(out, group);
    }
    if (group->process_count > 1)
        fprintf(out, ", in %zu processes", group->process_count);
    if (group->growing)
        fprintf(out, ", growing with each %s", is_of_one_load(group) ? "opening" : "load");
    fputc('\n', out);
}

enum { MEMBERS_SHOWN = 12 };

/* "all with this cause: a.so, b.so (2), … and 12 more" */
static void put_members(FILE *out, const struct group *group)
{
    int64_t count = 0, left = 0, left_out;
    json_t *members = group_members(group, &left_out);
    const json_t *member;
    size_t index;

    json_array_foreach(members, index, member)
    {
        const char *name = json_string_value(json_object_get(member, "name"));
        char *readable = name != NULL ? readable_name(name) : NULL;

        count = json_integer_value(json_object_get(member, "count"));
        if (readable == NULL || index >= MEMBERS_SHOWN) {
            left++;
            free(readable);
            continue;
        }
        put(out, "%s%s", index == 0 ? "  all with this cause: " : ", ", readable);
        if (count > 1)
            fprintf(out, " (%" PRId64 ")", count);
        free(readable);
    }
    left += left_out;
    if (left > 0)
        fprintf(out, " and %" PRId64 " more", left);
    if (json_array_size(members) > 0)
        fputc('\n', out);
    json_decref(members);
}

/* "growth: 1 per load, 5 loads; 1019 loads until pthread_key_create fails" */
static void put_growth(FILE *out, const struct group *group)
{
    const struct growth growth = growth_of(group);

    if (!group->growing || growth.loads == 0)
        return;
    if (growth.things % growth.loads == 0)
        fprintf(out, "  growth: %" PRId64 " per load, %" PRId64 " loads",
                growth.things / growth.loads, growth.loads);
    else
        fprintf(out, "  growth: %" PRId64 " in %" PRId64 " loads", growth.things, growth.loads);
    if (growth.bytes != RECORD_ABSENT)
        put(out, "; %" PRId64 " byte%s in %" PRId64 " block%s %s each time", growth.bytes,
            plural(growth.bytes), growth.blocks, plural(growth.blocks),
            group->shown->data->verdict);
    if (growth.keys_end != RECORD_ABSENT)
        fprintf(out, "; %" PRId64 " load%s until pthread_key_create fails", growth.keys_end,
                plural(growth.keys_end));
    fputc('\n', out);
}

/* What the stack of a finding is. */
static const char *stack_title(const struct finding_record *data)
{
    return name_to_kind(data->kind) == KIND_THREAD_STACK ? "the thread is at" : "created at";
}

static void put_frames(FILE *out, const struct finding *finding)
{
    const struct finding_record *data = finding->data;

    for (size_t i = 0; i < data->point_count; i++) {
        put(out, "  %s: ", data->points[i].role);
        put_place(out, finding->process, &data->points[i]);
    }
    put_stack(out, finding->process, stack_title(data), data->stack, data->stack_count);
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

/* Other places of the same function that have left the same. */
static void put_others(FILE *out, const struct group *group)
{
    for (size_t i = 0; i < group->variant_count; i++) {
        const struct finding *variant = group->variants[i].finding;

        if (variant == group->shown || variant->data->stack_count == 0)
            continue;
        fputs("  and another one at: ", out);
        put_place(out, variant->process, &variant->data->stack[0]);
    }
}

/* "and 14 more with this cause: make_b (2 times, sig:…), make_c (sig:…), and 12 more" */
static void put_cause(FILE *out, const struct group *group)
{
    size_t count = 0, shown = 0;

    for (const struct group *other = group->next_of_cause; other; other = other->next_of_cause)
        count++;
    if (count > 0)
        fprintf(out, "  and %zu more with this cause: ", count);
    for (const struct group *other = group->next_of_cause; other && shown < MEMBERS_SHOWN;
         other = other->next_of_cause, shown++) {
        const char *function = other->signature.function;

        put(out, "%s%s (", shown > 0 ? ", " : "", function != NULL ? function : "?");
        if (other->count > 1)
            fprintf(out, "%" PRId64 " times, ", other->count);
        fprintf(out, "sig:%s)", other->signature.text);
    }
    if (count > shown)
        fprintf(out, ", and %zu more", count - shown);
    if (count > 0)
        fputc('\n', out);
}

/* As a line of suppressions has it. */
static void put_signature(FILE *out, const struct group *group)
{
    if (group->signature.text[0] == '\0')
        return;
    fprintf(out, "  sig:%s%s\n", group->signature.text,
            group->signature.unstable ? " (unstable: its function has no name)" : "");
}

void put_group(FILE *out, const struct group *group, bool color)
{
    const struct finding *shown = group->shown;
    const struct crash *crash = group->crash;

    put_heading(out, group, color);
    put_message(out, shown->data->message, "  ");
    put_repeats(out, group);
    put_members(out, group);
    put_growth(out, group);
    if (shown->data->label != NULL) {
        fputs("  while ", out);
        put_line(out, shown->data->label);
    }
    if (group->pending)
        fputs("  said before the module was unmapped, and nothing after it\n", out);
    if (shown->resolved != NULL)
        fputs("  no longer true when the process ended\n", out);
    if (crash != NULL)
        fprintf(out, "  it came true: process %" PRId64 " crashed, see above\n",
                crash->process->key.pid);
    put_frames(out, shown);
    put_others(out, group);
    put_way(out, shown, color);
    put_cause(out, group);
    put_exceptions_of(out, group);
    put_signature(out, group);
    fputc('\n', out);
}

static void put_unfinished(FILE *out, const struct model *model)
{
    const struct process *process;

    for (process = model->processes; process != NULL; process = process->hh.next) {
        const char *why = process->crash != NULL ? "it crashed, see above"
                                                 : "it did not end normally, or still runs";

        if (process_ended(process))
            continue;
        put(out,
            "dlpin: process %" PRId64
            " (%s) has no summary: %s; what it reported until then is here",
            process->key.pid, process_name(process), why);
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
    whole = process == NULL && coverage.unfollowed_count == 0;
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
        put_unfinished(out, report->model);
    put_duplicates(out, report->model);
    put_limits(out, report);
    put_exceptions(out, report);
    put_not_shown(out, report);
    put_spared(out, report);
}

void render_text(FILE *out, const struct report *report, bool color)
{
    const struct group *group;

    put_verdicts(out, report, color);
    put_crashes(out, report->model, color);
    for (group = report->model->groups; group != NULL; group = group->hh.next) {
        if (report_shows(report, group))
            put_group(out, group, color);
    }
    put_limits_of_report(out, report);
    if (!was_told_why_nothing(report->model))
        put_total(out, report);
}
