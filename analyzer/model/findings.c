// SPDX-License-Identifier: MIT
#include "model/findings.h"

#include "base/memory.h"
#include "base/message.h"
#include "model/places.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_COUNT = 256 };

/* There are many, so they are allocated many at a time. */
struct finding_chunk {
    struct finding_chunk *before;
    size_t count;
    struct finding items[CHUNK_COUNT];
};

static struct finding *new_finding(struct model *model, struct process *process)
{
    struct finding_chunk *chunk = model->findings;
    struct finding *finding;

    if (chunk == NULL || chunk->count == CHUNK_COUNT) {
        chunk = memory_zeroed(sizeof *chunk);
        chunk->before = model->findings;
        model->findings = chunk;
    }
    finding = &chunk->items[chunk->count++];
    finding->process = process;
    if (process->last_finding == NULL)
        process->findings = finding;
    else
        process->last_finding->next = finding;
    process->last_finding = finding;
    return finding;
}

/* The record that a finding's data is part of. */
static struct record *record_of(const struct finding_record *data)
{
    return data == NULL ? NULL : (struct record *)((char *)data - offsetof(struct record, finding));
}

static void forget_record(struct finding *finding)
{
    record_free(record_of(finding->data));
    finding->data = NULL;
}

/* A finding is written again when its counts, module load or severity change, or when a pending one
 * is confirmed. */
static bool is_same_finding(const struct place *place, const struct finding_record *data)
{
    return strcmp(place->kind, data->kind) == 0 &&
           (place->signature == NULL || data->signature == NULL ||
            strcmp(place->signature, data->signature) == 0);
}

static void forget_loads(struct finding *finding)
{
    if (finding->load_count > 1)
        free(finding->loads.many);
    finding->load_count = 0;
}

static void take_loads(struct finding *finding, const json_t *loads)
{
    size_t count = json_array_size(loads);

    forget_loads(finding);
    if (count > UINT32_MAX)
        return;
    if (count > 1)
        finding->loads.many = memory_block(count * sizeof *finding->loads.many);
    finding->load_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        int64_t load = json_integer_value(json_array_get(loads, i));

        if (count > 1)
            finding->loads.many[i] = load;
        else
            finding->loads.one = load;
    }
}

static int32_t keys_live(const struct finding_record *data)
{
    const json_t *value = json_object_get(data->subject, "keys_live");
    json_int_t number = json_is_integer(value) ? json_integer_value(value) : RECORD_ABSENT;

    return number < 0 ? RECORD_ABSENT : number < INT32_MAX ? (int32_t)number : INT32_MAX;
}

static struct growth_step step_of(const struct finding *finding)
{
    const struct module *module = finding_module(finding);

    return (struct growth_step){
        .time = finding->time,
        .load = module != NULL ? module->data->load : RECORD_ABSENT,
        .count = finding->count,
    };
}

/* All that is known of a finding without its record. */
static void take_numbers(struct model *model, struct finding *finding, const struct record *record)
{
    const struct finding_record *data = &record->finding;

    finding->resolved = NULL; /* it is true, or true again */
    finding->label = strings_keep(&model->strings, data->label);
    finding->module_path = strings_keep(&model->strings, data->module_path);
    finding->module = data->module;
    finding->count = data->count;
    finding->bytes = data->bytes;
    finding->blocks = data->blocks;
    finding->offset = record->offset;
    finding->time = record->time;
    finding->keys_live = keys_live(data);
    finding->severity = (uint8_t)data->severity;
    finding->growing = data->growing;
    finding->pending = data->pending;
    finding->suppressed = data->suppressed;
    take_loads(finding, data->loads);
}

static bool must_keep(const struct model *model, const struct finding *finding)
{
    return model->keep_all || finding->offset == RECORD_ABSENT;
}

/* Does it speak for its place rather than the one that does so far? */
static bool speaks(const struct finding *finding)
{
    const struct finding *kept = finding->place->kept;

    return kept == NULL || kept == finding || kept->resolved != NULL ||
           finding->severity > kept->severity;
}

static void take_record(struct model *model, struct finding *finding, struct record *record)
{
    struct finding *before = finding->place->kept;

    forget_record(finding);
    if (!speaks(finding) && !must_keep(model, finding)) {
        record_free(record);
        return;
    }
    record_shrink(record, &model->strings);
    finding->data = &record->finding;
    if (!speaks(finding))
        return;
    if (before != NULL && before != finding && !must_keep(model, before))
        forget_record(before);
    finding->place->kept = finding;
}

static void move_to(struct finding *finding, struct place *place)
{
    if (finding->place != NULL && finding->place != place && finding->place->kept == finding)
        finding->place->kept = NULL;
    finding->place = place;
}

/* A resolved finding that comes back has a new id. It is one finding all the same: it does not
 * count twice, and was not resolved for good. */
static struct finding *come_back(const struct process *process, const struct place *place)
{
    struct finding *finding = place->resolved;

    if (finding == NULL || finding->resolved == NULL || finding->place != place)
        return NULL;
    return finding->process == process ? finding : NULL;
}

/* A finding with the id of another one counts beside it: to leave either out could hide an error
 * from a gate. No record can name it. */
char *findings_add(struct model *model, struct process *process, struct record *record)
{
    const struct finding_record *data = &record->finding;
    struct place *place = places_need(model, process, data);
    struct finding *with_id = ids_find(&process->by_id, data->id);
    struct finding *finding = with_id != NULL ? with_id : come_back(process, place);
    bool is_again = finding != NULL && is_same_finding(finding->place, data);
    bool is_step = is_again && data->count != finding->count;
    char *conflict = NULL;

    if (finding == NULL)
        finding = new_finding(model, process);
    if (with_id == NULL) {
        finding->id = data->id;
        ids_add(&process->by_id, finding);
    } else if (!is_again) {
        conflict = memory_format("the id of finding %" PRId64 ", %s, is given to another one, %s: "
                                 "both count",
                                 data->id, finding->place->kind, data->kind);
        finding = new_finding(model, process);
        finding->id = data->id;
    }
    move_to(finding, place);
    /* The first step is added with the second: most findings have one record. */
    if (is_step && finding->steps.count == 0)
        steps_add(&finding->steps, step_of(finding));
    take_numbers(model, finding, record);
    if (is_step)
        steps_add(&finding->steps, step_of(finding));
    take_record(model, finding, record);
    return conflict;
}

void findings_resolve(struct model *model, struct process *process,
                      const struct resolved_record *resolved)
{
    struct finding *finding = ids_find(&process->by_id, resolved->finding);

    if (finding == NULL)
        return;
    finding->resolved = strings_keep(&model->strings, resolved->how != NULL ? resolved->how : "");
    finding->place->resolved = finding;
}

static bool is_record_of(const struct record *record, const struct finding *finding)
{
    return record != NULL && record->type == RECORD_FINDING && record->finding.id == finding->id &&
           is_same_finding(finding->place, &record->finding);
}

bool findings_recall(struct model *model, struct finding *finding)
{
    struct record *record;

    if (finding->data != NULL)
        return true;
    record = load_again(finding->process->file, finding->offset);
    if (!is_record_of(record, finding)) {
        message_error("%s: it was changed while it was read: finding %" PRId64 " is lost",
                      finding->process->file, finding->id);
        record_free(record);
        model->loaded.unreadable++;
        return false;
    }
    record_shrink(record, &model->strings);
    finding->data = &record->finding;
    return true;
}

/* The crash of a forked child may have been predicted by its parent, in whose file it writes. */
static struct finding *prediction_of(const struct crash *crash)
{
    struct finding *finding = NULL;

    for (const struct process *process = crash->process; process != NULL && finding == NULL;
         process = process->host)
        finding = ids_find(&process->by_id, crash->data->predicted_by);
    return finding;
}

void findings_recall_predictions(struct model *model)
{
    for (struct crash *crash = model->crashes; crash != NULL; crash = crash->next) {
        crash->predicted = prediction_of(crash);
        if (crash->predicted != NULL && !findings_recall(model, crash->predicted))
            crash->predicted = NULL;
    }
}

void findings_free(struct model *model)
{
    struct finding_chunk *chunk = model->findings, *before;

    for (; chunk != NULL; chunk = before) {
        before = chunk->before;
        for (size_t i = 0; i < chunk->count; i++) {
            forget_record(&chunk->items[i]);
            forget_loads(&chunk->items[i]);
            steps_clear(&chunk->items[i].steps);
        }
        free(chunk);
    }
    model->findings = NULL;
}
