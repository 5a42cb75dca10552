// SPDX-License-Identifier: MIT
#include "model/model.h"

#include "base/memory.h"
#include "model/groups.h"
#include "model/growth.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* From here down: keys of findings whose id is another one's. Ids are not negative. */
enum { CONFLICTING_KEY = -2 };

static struct process *find_process(struct model *model, int64_t file, int64_t pid)
{
    struct process_key key;
    struct process *process;

    memset(&key, 0, sizeof key);
    key.file = file;
    key.pid = pid;
    HASH_FIND(hh, model->processes, &key, sizeof key, process);
    return process;
}

static struct process *need_process(struct model *model, int64_t pid)
{
    int64_t file = (int64_t)model->file_count - 1;
    struct process *process;

    if (pid == RECORD_ABSENT && model->host != NULL)
        return model->host;
    process = find_process(model, file, pid);
    if (process != NULL)
        return process;
    process = memory_zeroed(sizeof *process);
    process->key.file = file;
    process->key.pid = pid;
    process->file = model->files[file];
    process->host = model->host;
    if (model->host == NULL)
        model->host = process;
    HASH_ADD(hh, model->processes, key, sizeof process->key, process);
    return process;
}

static void replace_record(struct record **place, struct record *record)
{
    record_free(*place);
    *place = record;
}

/* A module is written again with another state; path, address and number of the load stay. */
static bool is_same_module(const struct module_record *one, const struct module_record *other)
{
    return strcmp(one->path, other->path) == 0 && one->base == other->base &&
           one->load == other->load;
}

/* The first one of an id stays: the findings so far are about that. */
static char *add_module(struct process *process, struct record *record)
{
    struct module *module;
    char *conflict;

    HASH_FIND(hh, process->modules, &record->module.id, sizeof(int64_t), module);
    if (module == NULL) {
        module = memory_zeroed(sizeof *module);
        module->id = record->module.id;
        module->loaded = record->time;
        HASH_ADD(hh, process->modules, id, sizeof module->id, module);
    } else if (!is_same_module(module->data, &record->module)) {
        conflict = memory_format("record left out: the id of module %" PRId64 ", %s, is given to "
                                 "another one, %s",
                                 module->id, module->data->path, record->module.path);
        record_free(record);
        return conflict;
    }
    replace_record(&module->record, record);
    module->data = &record->module;
    module->unloaded = record->module.state == MODULE_UNLOADED ? record->time : INT64_MAX;
    return NULL;
}

static struct finding *find_finding(const struct process *process, int64_t id)
{
    struct finding *finding;

    HASH_FIND(hh, process->findings, &id, sizeof id, finding);
    return finding;
}

/* A finding is written again with other counts, load of its module or severity, or because it
 * has come true. */
static bool is_same_finding(const struct finding_record *one, const struct finding_record *other)
{
    return strcmp(one->kind, other->kind) == 0 &&
           (one->signature == NULL || other->signature == NULL ||
            strcmp(one->signature, other->signature) == 0);
}

static struct finding *new_finding(struct process *process, int64_t key)
{
    struct finding *finding = memory_zeroed(sizeof *finding);

    finding->key = key;
    finding->process = process;
    HASH_ADD(hh, process->findings, key, sizeof finding->key, finding);
    return finding;
}

/* A finding with the id of another one counts beside it: to leave either out could hide an error
 * from a gate. */
static char *add_finding(struct process *process, struct record *record)
{
    struct finding *finding = find_finding(process, record->finding.id);
    char *conflict = NULL;

    if (finding == NULL) {
        finding = new_finding(process, record->finding.id);
    } else if (!is_same_finding(finding->data, &record->finding)) {
        conflict = memory_format("the id of finding %" PRId64 ", %s, is given to another one, %s: "
                                 "both count",
                                 finding->key, finding->data->kind, record->finding.kind);
        finding = new_finding(process, CONFLICTING_KEY - (int64_t)HASH_COUNT(process->findings));
    }
    replace_record(&finding->record, record);
    replace_record(&finding->resolved, NULL); /* it is true again */
    finding->data = &record->finding;
    return conflict;
}

/* What resolves a finding that was lost with a damaged line resolves nothing. */
static void add_resolved(struct process *process, struct record *record)
{
    struct finding *finding = find_finding(process, record->resolved.finding);

    if (finding != NULL)
        replace_record(&finding->resolved, record);
    else
        record_free(record);
}

static void add_crash(struct model *model, struct process *process, struct record *record)
{
    struct crash *crash = memory_zeroed(sizeof *crash);

    crash->process = process;
    crash->record = record;
    crash->data = &record->crash;
    if (process->crash == NULL)
        process->crash = crash;
    if (model->last_crash != NULL)
        model->last_crash->next = crash;
    else
        model->crashes = crash;
    model->last_crash = crash;
    model->crash_count++;
}

static void take_file(void *context, const char *path)
{
    struct model *model = context;

    ARRAY_PUSH(model->files, model->file_count, memory_string(path));
    model->host = NULL;
}

static char *take_record(void *context, struct record *record)
{
    struct process *process = need_process(context, record->pid);

    switch (record->type) {
    case RECORD_HEADER:
        replace_record(&process->header, record);
        break;
    case RECORD_MODULE:
        return add_module(process, record);
    case RECORD_FINDING:
        return add_finding(process, record);
    case RECORD_RESOLVED:
        add_resolved(process, record);
        break;
    case RECORD_CRASH:
        add_crash(context, process, record);
        break;
    case RECORD_COVERAGE:
        replace_record(&process->coverage, record);
        break;
    case RECORD_SUMMARY:
        replace_record(&process->summary, record);
        break;
    case RECORD_UNKNOWN:
        record_free(record);
        break;
    }
    return NULL;
}

struct record_sink model_sink(struct model *model)
{
    return (struct record_sink){.context = model, .file = take_file, .record = take_record};
}

void model_finish(struct model *model)
{
    for (struct process *process = model->processes; process != NULL; process = process->hh.next) {
        if (!model_shows(model, process))
            continue;
        for (struct module *module = process->modules; module != NULL; module = module->hh.next) {
            model->unloaded += module->data->state == MODULE_UNLOADED;
            model->closed += module->data->state == MODULE_CLOSED;
        }
        for (struct finding *finding = process->findings; finding != NULL;
             finding = finding->hh.next) {
            bool was_true = finding->resolved != NULL && !finding->data->pending;

            model->resolved += was_true;
            if (finding->resolved == NULL || (was_true && model->count_resolved))
                groups_add(model, finding);
        }
        growth_collect(process);
    }
    groups_finish(model);
}

void model_sign(struct model *model)
{
    groups_sign(model);
}

void model_sort(struct model *model)
{
    groups_sort(model);
}

/* HASH_CLEAR() gives back the table only; the items keep their order and are freed one by one. */
static void free_modules(struct process *process)
{
    struct module *module = process->modules, *next;

    HASH_CLEAR(hh, process->modules);
    for (; module != NULL; module = next) {
        next = module->hh.next;
        record_free(module->record);
        free(module);
    }
}

static void free_findings(struct process *process)
{
    struct finding *finding = process->findings, *next;

    HASH_CLEAR(hh, process->findings);
    for (; finding != NULL; finding = next) {
        next = finding->hh.next;
        record_free(finding->record);
        record_free(finding->resolved);
        free(finding);
    }
}

static void free_crashes(struct model *model)
{
    struct crash *crash = model->crashes, *next;

    for (; crash != NULL; crash = next) {
        next = crash->next;
        record_free(crash->record);
        free(crash);
    }
}

static void free_processes(struct model *model)
{
    struct process *process = model->processes, *next;

    HASH_CLEAR(hh, model->processes);
    for (; process != NULL; process = next) {
        next = process->hh.next;
        free_modules(process);
        growth_forget(process);
        free_findings(process);
        record_free(process->header);
        record_free(process->coverage);
        record_free(process->summary);
        free(process);
    }
}

static void free_packages(struct model *model)
{
    struct package *package = model->packages, *next;

    for (; package != NULL; package = next) {
        next = package->next;
        free(package->name);
        free(package->version);
        free(package);
    }
}

void model_free(struct model *model)
{
    free_packages(model);
    groups_free(model);
    free_crashes(model);
    free_processes(model);
    for (size_t i = 0; i < model->file_count; i++)
        free(model->files[i]);
    free(model->files);
    memset(model, 0, sizeof *model);
}
