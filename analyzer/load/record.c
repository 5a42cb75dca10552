// SPDX-License-Identifier: MIT
#include "load/record.h"

#include "base/memory.h"
#include "load/fields.h"
#include "load/json_store.h"
#include "load/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROBLEM_SIZE = 256 };

static void read_header(const struct fields *fields, struct record *record)
{
    struct header_record *header = &record->header;

    header->format = field_text(fields, "format", FIELD_REQUIRED);
    header->version = field_natural(fields, "version", FIELD_REQUIRED, 0);
    header->tool = field_text(fields, "tool", FIELD_OPTIONAL);
    header->ppid = field_natural(fields, "ppid", FIELD_OPTIONAL, RECORD_ABSENT);
    header->exe = field_text(fields, "exe", FIELD_OPTIONAL);
    header->argv = field_array(fields, "argv");
    header->started = field_text(fields, "started", FIELD_OPTIONAL);
    header->arch = field_text(fields, "arch", FIELD_OPTIONAL);
    header->libc = field_text(fields, "libc", FIELD_OPTIONAL);
    header->options = field_text(fields, "options", FIELD_OPTIONAL);
}

static void read_module(const struct fields *fields, struct record *record)
{
    struct module_record *module = &record->module;
    const char *state = field_text(fields, "state", FIELD_REQUIRED);
    int number = name_to_module_state(state);

    module->id = field_natural(fields, "id", FIELD_REQUIRED, 0);
    module->path = field_text(fields, "path", FIELD_REQUIRED);
    module->soname = field_text(fields, "soname", FIELD_OPTIONAL);
    module->identity = field_text(fields, "identity", FIELD_OPTIONAL);
    module->build_id = field_text(fields, "build_id", FIELD_OPTIONAL);
    module->base = field_address(fields, "base");
    module->end = field_address(fields, "end");
    module->load = field_natural(fields, "load", FIELD_OPTIONAL, 1);
    if (number < 0)
        fields_fail(fields, "unknown state \"%s\"", state != NULL ? state : "");
    module->state = (enum module_state)number;
    module->common = field_flag(fields, "common");
}

static void read_reloads(const struct fields *fields, struct record *record)
{
    record->reloads.module = field_natural(fields, "module", FIELD_REQUIRED, 0);
    record->reloads.count = field_natural(fields, "count", FIELD_REQUIRED, 0);
}

static void read_stack(const struct fields *fields, struct frame **frames, size_t *count)
{
    const json_t *stack = field_array(fields, "stack");

    *count = json_array_size(stack);
    *frames = *count > 0 ? memory_block(*count * sizeof **frames) : NULL;
    for (size_t i = 0; i < *count; i++) {
        const json_t *item = json_array_get(stack, i);

        if (!json_is_object(item))
            fields_fail(fields, "a frame of \"stack\" is not an object");
        (*frames)[i] = frame_read(fields, item, NULL);
    }
}

/* Any member of subject with a pc is a frame, so that new kinds need no change here. */
static void read_points(const struct fields *fields, struct finding_record *finding)
{
    json_t *value;
    const char *name;

    json_object_foreach((json_t *)finding->subject, name, value)
    {
        if (json_object_get(value, "pc") != NULL)
            ARRAY_PUSH(finding->points, finding->point_count, frame_read(fields, value, name));
    }
}

static void read_loads(const struct fields *fields, struct finding_record *finding)
{
    const json_t *item;
    size_t index;

    finding->loads = field_array(fields, "loads");
    json_array_foreach(finding->loads, index, item)
    {
        if (!json_is_integer(item))
            fields_fail(fields, "an item of \"loads\" is not an integer");
    }
}

/* The path helps, the finding is essential: a fault in the path must not hide the finding. */
static void read_path(const struct fields *fields, struct record *record)
{
    struct finding_record *finding = &record->finding;
    char problem[PROBLEM_SIZE] = "";
    const struct fields members = {fields->object, problem, sizeof problem};

    finding->path = field_array(&members, "path");
    path_read(&members, finding->path, &finding->retention_path);
    if (!fields_failed(&members))
        return;
    record->flaw = memory_format("damaged path left out: %s", problem);
    finding->path = NULL;
    path_free(&finding->retention_path);
}

/* Members that people see: they stay as long as the record (record_shrink()). */
static const char *const shown_members[] = {"message", "cause", "consequence", "fix",
                                            "subject", "path",  "members"};

static void read_shown(const struct fields *fields, struct record *record)
{
    struct finding_record *finding = &record->finding;

    finding->message = field_text(fields, "message", FIELD_REQUIRED);
    finding->cause = field_text(fields, "cause", FIELD_OPTIONAL);
    finding->consequence = field_text(fields, "consequence", FIELD_OPTIONAL);
    finding->fix = field_text(fields, "fix", FIELD_OPTIONAL);
    finding->subject = field_object(fields, "subject");
    finding->members = json_object_get(fields->object, "members");
    read_path(fields, record);
    read_points(fields, finding);
}

static void read_finding(const struct fields *fields, struct record *record)
{
    struct finding_record *finding = &record->finding;
    const char *severity = field_text(fields, "severity", FIELD_REQUIRED);
    int number = name_to_severity(severity);

    finding->id = field_natural(fields, "id", FIELD_REQUIRED, 0);
    finding->kind = field_text(fields, "kind", FIELD_REQUIRED);
    finding->verdict = field_text(fields, "verdict", FIELD_REQUIRED);
    /* A severity that nobody can compare could hide an error from a gate. */
    if (number < 0)
        fields_fail(fields, "unknown severity \"%s\"", severity != NULL ? severity : "");
    finding->severity = (enum severity)number;
    finding->module = field_natural(fields, "module", FIELD_OPTIONAL, RECORD_ABSENT);
    finding->module_path = field_text(fields, "module_path", FIELD_OPTIONAL);
    finding->at = field_text(fields, "at", FIELD_OPTIONAL);
    finding->count = field_natural(fields, "count", FIELD_OPTIONAL, 1);
    finding->bytes = field_natural(fields, "bytes", FIELD_OPTIONAL, RECORD_ABSENT);
    finding->blocks = field_natural(fields, "blocks", FIELD_OPTIONAL, RECORD_ABSENT);
    finding->growing = field_flag(fields, "growing");
    finding->pending = field_flag(fields, "pending");
    finding->suppressed = field_flag(fields, "suppressed");
    finding->label = field_text(fields, "label", FIELD_OPTIONAL);
    finding->signature = field_text(fields, "signature", FIELD_OPTIONAL);
    finding->more_members = json_integer_value(json_object_get(fields->object, "more_members"));
    read_loads(fields, finding);
    read_stack(fields, &finding->stack, &finding->stack_count);
    read_shown(fields, record);
}

static void read_resolved(const struct fields *fields, struct record *record)
{
    record->resolved.finding = field_natural(fields, "finding", FIELD_REQUIRED, 0);
    record->resolved.how = field_text(fields, "how", FIELD_OPTIONAL);
}

static void read_crash(const struct fields *fields, struct record *record)
{
    struct crash_record *crash = &record->crash;

    crash->signal = field_natural(fields, "signal", FIELD_REQUIRED, 0);
    crash->signal_name = field_text(fields, "signal_name", FIELD_OPTIONAL);
    crash->module = field_natural(fields, "module", FIELD_OPTIONAL, RECORD_ABSENT);
    crash->predicted_by = field_natural(fields, "predicted_by", FIELD_OPTIONAL, RECORD_ABSENT);
    ARRAY_PUSH(crash->place, crash->place_count,
               (struct frame){
                   .role = "address",
                   .pc = field_address(fields, "address"),
                   .module = crash->module,
                   .offset = (uint64_t)field_integer(fields, "offset", FIELD_OPTIONAL, 0),
                   .symbol = field_text(fields, "symbol", FIELD_OPTIONAL),
               });
    read_stack(fields, &crash->stack, &crash->stack_count);
    /* The process died in the innermost frame itself, which need not have called anything. */
    if (crash->stack_count > 0)
        crash->stack[0].returns = false;
}

static void read_coverage(const struct fields *fields, struct record *record)
{
    record->coverage.hooks = field_object(fields, "hooks");
    record->coverage.dropped = field_object(fields, "dropped");
    record->coverage.unseen = field_array(fields, "unseen");
    record->coverage.unfollowed = field_array(fields, "unfollowed");
    record->coverage.killed = field_array(fields, "killed");
}

static void read_summary(const struct fields *fields, struct record *record)
{
    record->summary.ended = field_text(fields, "ended", FIELD_OPTIONAL);
}

static void read_nothing(const struct fields *fields, struct record *record)
{
}

static const struct {
    const char *name;
    void (*read)(const struct fields *fields, struct record *record);
} record_types[] = {
    [RECORD_HEADER] = {"header", read_header},       [RECORD_MODULE] = {"module", read_module},
    [RECORD_RELOADS] = {"reloads", read_reloads},    [RECORD_FINDING] = {"finding", read_finding},
    [RECORD_RESOLVED] = {"resolved", read_resolved}, [RECORD_CRASH] = {"crash", read_crash},
    [RECORD_COVERAGE] = {"coverage", read_coverage}, [RECORD_SUMMARY] = {"summary", read_summary},
    [RECORD_UNKNOWN] = {"", read_nothing},
};

static enum record_type type_by_name(const char *name)
{
    unsigned type = 0;

    while (type < RECORD_UNKNOWN && strcmp(record_types[type].name, name) != 0)
        type++;
    return (enum record_type)type;
}

struct record *record_parse(const char *line, size_t length, char *problem, size_t problem_size)
{
    json_error_t error;
    struct store store = {0};
    json_t *json = json_store_load(&store, line, length, &error);
    const struct fields fields = {json, problem, problem_size};
    struct record *record;
    const char *type;

    problem[0] = '\0';
    if (json == NULL) {
        fields_fail(&fields, "%s (column %d)", error.text, error.column);
        store_free(&store);
        return NULL;
    }
    record = memory_zeroed(sizeof *record);
    record->json = json;
    record->store = store;
    record->offset = RECORD_ABSENT;
    record->type = RECORD_UNKNOWN;
    type = json_is_object(json) ? field_text(&fields, "type", FIELD_REQUIRED) : NULL;
    if (type != NULL) {
        record->type = type_by_name(type);
        record->pid = field_natural(&fields, "pid", FIELD_OPTIONAL, RECORD_ABSENT);
        record->time = field_natural(&fields, "time", FIELD_OPTIONAL, 0);
        record_types[record->type].read(&fields, record);
    } else {
        fields_fail(&fields, "not an object");
    }
    if (!fields_failed(&fields))
        return record;
    record_free(record);
    return NULL;
}

static void forget_places_shown(struct finding_record *finding)
{
    frames_free(finding->points, finding->point_count);
    finding->points = NULL;
    finding->point_count = 0;
    path_free(&finding->retention_path);
}

static void free_json(struct record *record)
{
    if (record->store.chunks == NULL)
        json_decref(record->json);
    store_free(&record->store);
}

void record_free(struct record *record)
{
    if (record == NULL)
        return;
    if (record->type == RECORD_FINDING) {
        frames_free(record->finding.stack, record->finding.stack_count);
        forget_places_shown(&record->finding);
    }
    if (record->type == RECORD_CRASH) {
        frames_free(record->crash.place, record->crash.place_count);
        frames_free(record->crash.stack, record->crash.stack_count);
    }
    free_json(record);
    free(record->flaw);
    free(record);
}

static json_t *copy_shown(const struct finding_record *finding, const json_t *json)
{
    json_t *copy = json_object();

    for (size_t i = 0; i < sizeof shown_members / sizeof *shown_members; i++) {
        const json_t *member = json_object_get(json, shown_members[i]);

        json_object_set_new_nocheck(copy, shown_members[i], json_deep_copy(member));
    }
    if (finding->path == NULL)
        json_object_del(copy, "path");
    return copy;
}

void record_shrink(struct record *record, struct strings *strings)
{
    struct finding_record *finding = &record->finding;
    const char **const words[] = {&finding->kind, &finding->verdict, &finding->at,
                                  &finding->module_path, &finding->label};
    json_t *copy = copy_shown(finding, record->json);
    char problem[PROBLEM_SIZE] = "";

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        *words[i] = strings_keep(strings, *words[i]);
    for (size_t i = 0; i < finding->stack_count; i++)
        finding->stack[i].symbol = strings_keep(strings, finding->stack[i].symbol);
    finding->signature = NULL;
    finding->loads = NULL;
    forget_places_shown(finding);
    free_json(record);
    record->json = copy;
    read_shown(&(struct fields){copy, problem, sizeof problem}, record);
}
