// SPDX-License-Identifier: MIT
/*
 * The report for programs: one JSON document, UTF-8. merged-report.schema.json beside this file and
 * dlpin-json(5) describe its members; tests hold all three together. Its version rises when a
 * member changes its meaning or is removed, not when one is added.
 *
 * What is not known is null. Characters that nobody sees (base/characters.h) are escapes.
 */
#include "render/report.h"

#include "load/names.h"
#include "model/coverage.h"
#include "model/duplicates.h"
#include "render/json_exceptions.h"
#include "render/json_finding.h"
#include "render/json_frames.h"
#include "render/json_verdicts.h"
#include "render/values.h"

static void count_one(json_t *counts, const char *name)
{
    json_int_t before = json_integer_value(json_object_get(counts, name));

    set_member(counts, name, json_integer(before + 1));
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
    set_member(value, "argv", copied_value(header->argv));
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

static json_t *killed_value(const struct coverage *coverage)
{
    json_t *values = json_array();

    for (size_t i = 0; i < coverage->killed_count; i++) {
        json_t *value = json_object();

        set_member(value, "signal_name", text_value(coverage->killed[i].text));
        set_member(value, "count", json_integer((json_int_t)coverage->killed[i].count));
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
    set_member(value, "killed", killed_value(&coverage));
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
