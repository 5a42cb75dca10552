// SPDX-License-Identifier: MIT
/*
 * The report for programs: one JSON document, UTF-8. merged-report.schema.json beside this file and
 * dlpin-json(5) describe its members; tests hold all three together. Its version rises when a
 * member changes its meaning or is removed, not when one is added.
 *
 * What is not known is null. Characters that nobody sees (base/characters.h) are escapes.
 */
#include "render/report.h"

#include "base/memory.h"
#include "load/names.h"
#include "model/coverage.h"
#include "model/duplicates.h"
#include "model/growth.h"
#include "model/members.h"
#include "render/json_exceptions.h"
#include "render/json_verdicts.h"
#include "render/finding_message.h"
#include "render/values.h"

#include <inttypes.h>
#include <stdlib.h>

static json_t *copy_or_null(const json_t *value)
{
    return value != NULL ? json_deep_copy(value) : json_null();
}

static void count_one(json_t *counts, const char *name)
{
    json_int_t before = json_integer_value(json_object_get(counts, name));

    set_member(counts, name, json_integer(before + 1));
}

static void set_place(json_t *value, const struct frame_place *place)
{
    set_member(value, "function", text_value(place->function));
    set_member(value, "file", text_value(place->source));
    set_member(value, "path", text_value(place->path));
    set_member(value, "line", place->line > 0 ? json_integer(place->line) : json_null());
}

static json_t *place_value(const struct process *process, const struct frame *frame, size_t number)
{
    const struct frame_place place = frame_place(frame, number);
    const struct module *module = process_module(process, frame->module);
    char *pc = memory_format("0x%" PRIx64, frame->pc);
    json_t *value = json_object();

    set_member(value, "pc", text_value(pc));
    set_member(value, "module", module != NULL ? text_value(module_identity(module)) : json_null());
    set_member(value, "module_path", text_value(module != NULL ? module->data->path : NULL));
    set_member(value, "offset", json_integer((json_int_t)frame->offset));
    set_member(value, "symbol", text_value(place.inlined ? NULL : frame->symbol));
    set_place(value, &place);
    set_member(value, "inlined", json_boolean(place.inlined));
    free(pc);
    return value;
}

/* The function that has the symbol. */
static json_t *frame_value(const struct process *process, const struct frame *frame)
{
    return place_value(process, frame, frame->inlined_count);
}

static json_t *stack_value(const struct process *process, const struct frame *frames, size_t count)
{
    json_t *stack = json_array();

    for (size_t i = 0; i < count; i++) {
        for (size_t number = 0; number < frame_place_count(&frames[i]); number++)
            json_array_append_new(stack, place_value(process, &frames[i], number));
    }
    return stack;
}

static json_t *subject_value(const struct finding *finding)
{
    json_t *subject = copy_or_null(finding->data->subject);

    for (size_t i = 0; i < finding->data->point_count; i++) {
        const struct frame *point = &finding->data->points[i];

        set_member(subject, point->role, frame_value(finding->process, point));
    }
    return subject;
}

/* Adds what symbolize found to a copy of the node. */
static void complete_node(json_t *value, const struct process *process,
                          const struct path_node *node)
{
    if (value == NULL || node->frame == NULL)
        return;
    if (node->frame->returns) {
        set_member(value, "frame", frame_value(process, node->frame));
    } else {
        const struct frame_place place = frame_place(node->frame, node->frame->inlined_count);

        set_place(value, &place);
    }
}

/* Steps repeat nodes: "to" of one is "from" of the next, unless some between them are left out. */
static json_t *path_value(const struct finding *finding)
{
    const struct path *checked = &finding->data->retention_path;
    json_t *path = copy_or_null(finding->data->path), *step;
    size_t index, from = 0;

    json_array_foreach(path, index, step)
    {
        if (from + 1 >= checked->count || json_object_get(step, "from") == NULL)
            continue;
        complete_node(json_object_get(step, "from"), finding->process, &checked->nodes[from]);
        complete_node(json_object_get(step, "to"), finding->process, &checked->nodes[from + 1]);
        from++;
        if (from + 1 < checked->count && checked->nodes[from + 1].skipped > 0)
            from++;
    }
    return path;
}

static json_t *instance_value(const struct finding *finding)
{
    json_t *instance = json_object();

    set_member(instance, "pid", known_integer(finding->process->key.pid));
    set_member(instance, "file", text_value(finding->process->file));
    set_member(instance, "id", json_integer(finding->id));
    return instance;
}

/* A list of a million helps nobody; the rest is counted. */
static void set_instances(json_t *value, const struct group *group)
{
    enum { INSTANCES_MAX = 1000 };
    json_t *instances = json_array();
    json_int_t more = 0;

    for (const struct finding *finding = group->first; finding != NULL;
         finding = finding->next_in_group) {
        if (json_array_size(instances) < INSTANCES_MAX)
            json_array_append_new(instances, instance_value(finding));
        else
            more++;
    }
    set_member(value, "instances", instances);
    set_member(value, "more_instances", json_integer(more));
}

/* Where the others of several places were made. */
static json_t *others_value(const struct group *group)
{
    json_t *others = json_array();

    for (size_t i = 0; i < group->variant_count; i++) {
        const struct finding *variant = group->variants[i].finding;

        if (variant != group->shown && variant->data->stack_count > 0)
            json_array_append_new(others, frame_value(variant->process, &variant->data->stack[0]));
    }
    return others;
}

/* Findings for which this one speaks. */
static json_t *same_cause_value(const struct group *group)
{
    json_t *others = json_array();

    for (const struct group *other = group->next_of_cause; other != NULL;
         other = other->next_of_cause) {
        json_t *value = json_object();

        set_member(value, "signature", text_value(other->signature.text));
        set_member(value, "function", text_value(other->signature.function));
        set_member(value, "count", json_integer(other->count));
        set_member(value, "bytes", known_integer(other->bytes));
        set_member(value, "blocks", known_integer(other->blocks));
        json_array_append_new(others, value);
    }
    return others;
}

static void set_module(json_t *value, const struct finding *finding)
{
    const struct module *module = finding_module(finding);

    set_member(value, "module", module != NULL ? text_value(module_identity(module)) : json_null());
    set_member(value, "module_path", text_value(finding_module_path(finding)));
    set_member(value, "build_id", text_value(module != NULL ? module->data->build_id : NULL));
    set_member(value, "state",
               module != NULL ? text_value(module_state_name(module->data->state)) : json_null());
}

static json_t *growth_value(const struct group *group)
{
    const struct growth growth = growth_of(group);
    json_t *value;

    if (!group->growing || growth.loads == 0)
        return json_null();
    value = json_object();
    set_member(value, "loads", json_integer(growth.loads));
    set_member(value, "things", json_integer(growth.things));
    set_member(value, "bytes_per_load", known_integer(growth.bytes));
    set_member(value, "blocks_per_load", known_integer(growth.blocks));
    set_member(value, "loads_until_no_key", known_integer(growth.keys_end));
    return value;
}

static void set_repeats(json_t *value, const struct group *group)
{
    json_t *loads = json_array(), *members;
    int64_t left_out;

    members = group_members(group, &left_out);
    for (size_t i = 0; i < group->load_count; i++)
        json_array_append_new(loads, json_integer(group->loads[i]));
    set_member(value, "count", json_integer(group->count));
    set_member(value, "bytes", known_integer(group->bytes));
    set_member(value, "blocks", known_integer(group->blocks));
    set_member(value, "members", members != NULL ? members : json_null());
    set_member(value, "loads", loads);
    set_member(value, "growing", json_boolean(group->growing));
    set_member(value, "growth", growth_value(group));
    set_member(value, "pending", json_boolean(group->pending));
}

static void set_sentences(json_t *value, const struct finding_record *data, const char *name,
                          const char *sentences)
{
    char *text = sentences != NULL ? message_text(data, sentences) : NULL;

    set_member(value, name, text_value(text));
    free(text);
}

static json_t *package_value(const struct package *package)
{
    json_t *value;

    if (package == NULL)
        return json_null();
    value = json_object();
    set_member(value, "name", text_value(package->name));
    set_member(value, "version", text_value(package->version));
    return value;
}

static json_t *finding_value(const struct group *group)
{
    const struct finding *shown = group->shown;
    const struct finding_record *data = shown->data;
    json_t *value = json_object();
    const char *how = NULL;

    if (shown->resolved != NULL)
        how = shown->resolved[0] != '\0' ? shown->resolved : "resolved";
    set_member(value, "signature", text_value(group->signature.text));
    set_member(value, "unstable", json_boolean(group->signature.unstable));
    set_member(value, "function", text_value(group->signature.function));
    set_member(value, "kind", text_value(data->kind));
    set_member(value, "verdict", text_value(data->verdict));
    set_member(value, "severity", text_value(severity_name(group->severity)));
    set_sentences(value, data, "message", data->message);
    set_sentences(value, data, "cause", data->cause);
    set_sentences(value, data, "consequence", data->consequence);
    set_sentences(value, data, "fix", data->fix);
    set_module(value, shown);
    set_member(value, "third_party", json_boolean(group->third_party));
    set_member(value, "package", package_value(group->package));
    set_member(value, "at", text_value(data->at));
    set_member(value, "label", text_value(data->label));
    set_repeats(value, group);
    set_member(value, "resolved", text_value(how));
    set_member(value, "known", entry_value(group->known));
    set_member(value, "expired", entry_value(group->expired));
    set_member(value, "subject", subject_value(shown));
    set_member(value, "stack", stack_value(shown->process, data->stack, data->stack_count));
    set_member(value, "path", path_value(shown));
    set_member(value, "others", others_value(group));
    set_member(value, "same_cause", same_cause_value(group));
    set_instances(value, group);
    return value;
}

static void set_findings(json_t *document, const struct report *report)
{
    json_t *findings = json_array(), *counts = json_object();
    json_t *kinds = json_object(), *verdicts = json_object();

    for (unsigned severity = SEVERITY_COUNT; severity-- > 0;)
        set_member(counts, severity_name((enum severity)severity), json_integer(0));
    for (const struct group *group = report->model->groups; group != NULL; group = group->hh.next) {
        if (!report_shows(report, group))
            continue;
        count_one(counts, severity_name(group->severity));
        count_one(kinds, group->shown->data->kind);
        count_one(verdicts, group->shown->data->verdict);
        json_array_append_new(findings, finding_value(group));
    }
    set_member(document, "counts", counts);
    set_member(document, "kinds", kinds);
    set_member(document, "verdicts", verdicts);
    set_member(document, "resolved", json_integer((json_int_t)report->model->resolved));
    set_member(document, "findings", findings);
}

static json_t *prediction_value(const struct crash *crash)
{
    const struct finding *finding = crash_finding(crash);
    json_t *value;

    if (crash->data->predicted_by == RECORD_ABSENT)
        return json_null();
    value = json_object();
    set_member(value, "id", json_integer(crash->data->predicted_by));
    if (finding == NULL)
        return value;
    set_member(value, "kind", text_value(finding->data->kind));
    set_member(value, "severity", text_value(severity_name(finding->data->severity)));
    set_member(
        value, "signature",
        text_value(finding_group(finding) != NULL ? finding_group(finding)->signature.text : NULL));
    return value;
}

static json_t *crash_value(const struct crash *crash)
{
    const struct crash_record *data = crash->data;
    json_t *value = json_object();

    set_member(value, "pid", known_integer(crash->process->key.pid));
    set_member(value, "report", text_value(crash->process->file));
    set_member(value, "signal", json_integer(data->signal));
    set_member(value, "signal_name", text_value(data->signal_name));
    set_member(value, "time", json_integer(crash->record->time));
    set_member(value, "place", frame_value(crash->process, data->place));
    set_member(value, "predicted_by", prediction_value(crash));
    set_member(value, "stack", stack_value(crash->process, data->stack, data->stack_count));
    return value;
}

static json_t *crashes_value(const struct model *model)
{
    json_t *crashes = json_array();

    for (const struct crash *crash = model->crashes; crash != NULL; crash = crash->next)
        json_array_append_new(crashes, crash_value(crash));
    return crashes;
}

static json_t *module_value(const struct module *module)
{
    json_t *value = json_object();

    set_member(value, "id", json_integer(module->id));
    set_member(value, "path", text_value(module->data->path));
    set_member(value, "soname", text_value(module->data->soname));
    set_member(value, "identity", text_value(module_identity(module)));
    set_member(value, "build_id", text_value(module->data->build_id));
    set_member(value, "load", json_integer(module->data->load));
    set_member(value, "state", text_value(module_state_name(module->data->state)));
    if (module->reloads > 0)
        set_member(value, "reloads", json_integer(module->reloads));
    return value;
}

static json_t *modules_value(const struct process *process)
{
    json_t *modules = json_array();

    for (const struct module *module = process->modules; module != NULL; module = module->hh.next)
        json_array_append_new(modules, module_value(module));
    return modules;
}

static json_t *duplicate_value(const struct duplicate *duplicate)
{
    json_t *value = json_object(), *modules = json_array();

    for (size_t i = 0; i < duplicate->module_count; i++)
        json_array_append_new(modules, module_value(duplicate->modules[i].module));
    set_member(value, "build_id", text_value(duplicate->build_id));
    set_member(value, "processes", json_integer((json_int_t)duplicate->process_count));
    set_member(value, "pid", known_integer(duplicate->process->key.pid));
    set_member(value, "report", text_value(duplicate->process->file));
    set_member(value, "modules", modules);
    return value;
}

static json_t *duplicates_value(const struct model *model)
{
    json_t *values = json_array();
    struct duplicates duplicates;

    duplicates_collect(&duplicates, model);
    for (size_t i = 0; i < duplicates.count; i++)
        json_array_append_new(values, duplicate_value(&duplicates.items[i]));
    duplicates_clear(&duplicates);
    return values;
}

static json_t *process_value(const struct process *process)
{
    static const struct header_record unknown = {.ppid = RECORD_ABSENT};
    const struct header_record *header =
        process->header != NULL ? &process->header->header : &unknown;
    const char *ended = NULL;
    json_t *value = json_object();

    if (process->summary != NULL)
        ended = process->summary->summary.ended != NULL ? process->summary->summary.ended : "exit";
    set_member(value, "pid", known_integer(process->key.pid));
    set_member(value, "ppid", known_integer(header->ppid));
    set_member(value, "exe", text_value(header->exe));
    set_member(value, "argv", copy_or_null(header->argv));
    set_member(value, "started", text_value(header->started));
    set_member(value, "arch", text_value(header->arch));
    set_member(value, "libc", text_value(header->libc));
    set_member(value, "file", text_value(process->file));
    set_member(value, "ended", text_value(ended));
    set_member(value, "modules", modules_value(process));
    return value;
}

static json_t *items_value(const struct coverage_item *items, size_t count)
{
    json_t *values = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *value = json_object();

        set_member(value, "text", text_value(items[i].text));
        set_member(value, "processes", json_integer((json_int_t)items[i].processes));
        json_array_append_new(values, value);
    }
    return values;
}

static json_t *unfollowed_value(const struct coverage *coverage)
{
    json_t *values = json_array();

    for (size_t i = 0; i < coverage->unfollowed_count; i++) {
        const struct unfollowed_item *item = &coverage->unfollowed[i];
        json_t *value = json_object();

        set_member(value, "program", text_value(item->program));
        set_member(value, "why", text_value(item->why));
        set_member(value, "count", json_integer((json_int_t)item->count));
        json_array_append_new(values, value);
    }
    return values;
}

static json_t *coverage_value(const struct model *model)
{
    json_t *value = json_object(), *dropped = json_object();
    struct coverage coverage;

    coverage_collect(&coverage, model);
    for (size_t i = 0; i < coverage.dropped_count; i++)
        set_member(dropped, coverage.dropped[i].text, json_integer(coverage.dropped[i].count));
    set_member(value, "unseen", items_value(coverage.unseen, coverage.unseen_count));
    set_member(value, "dropped", dropped);
    set_member(value, "inactive_hooks", items_value(coverage.inactive, coverage.inactive_count));
    set_member(value, "unfollowed", unfollowed_value(&coverage));
    coverage_clear(&coverage);
    return value;
}

static json_t *input_value(const struct load_counts *counts)
{
    json_t *value = json_object();

    set_member(value, "files", json_integer((json_int_t)counts->files));
    set_member(value, "records", json_integer((json_int_t)counts->records));
    set_member(value, "damaged", json_integer((json_int_t)counts->damaged));
    set_member(value, "flawed", json_integer((json_int_t)counts->flawed));
    set_member(value, "conflicts", json_integer((json_int_t)counts->conflicts));
    set_member(value, "empty", json_integer((json_int_t)counts->empty));
    set_member(value, "unreadable", json_integer((json_int_t)counts->unreadable));
    return value;
}

void render_json(FILE *out, const struct report *report, bool color)
{
    const struct model *model = report->model;
    json_t *document = json_object(), *processes = json_array(), *remarks = json_array();

    for (const struct process *process = model->processes; process != NULL;
         process = process->hh.next)
        json_array_append_new(processes, process_value(process));
    for (size_t i = 0; i < report->remark_count; i++)
        json_array_append_new(remarks, text_value(report->remarks[i]));
    set_member(document, "format", text_value("dlpin-merged-report"));
    set_member(document, "version", json_integer(1));
    set_member(document, "tool", text_value("dlpin " DLPIN_VERSION));
    set_member(document, "signatures", text_value(SIGNATURE_VERSION_NAME));
    set_findings(document, report);
    set_exceptions(document, report);
    set_verdicts(document, report);
    set_member(document, "crashes", crashes_value(model));
    set_member(document, "duplicates", duplicates_value(model));
    set_member(document, "processes", processes);
    set_member(document, "coverage", coverage_value(model));
    set_member(document, "remarks", remarks);
    set_member(document, "input", input_value(&model->loaded));
    put_json(out, document);
    json_decref(document);
}
