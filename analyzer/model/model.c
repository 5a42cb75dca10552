// SPDX-License-Identifier: MIT
#include "model/model.h"

#include "base/memory.h"
#include "model/aliases.h"
#include "model/causes.h"
#include "model/findings.h"
#include "model/groups.h"
#include "model/growth.h"
#include "model/places.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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

/* Strings are kept once: many loads have the same. */
static void take_module(struct model *model, struct module *module, const struct record *record)
{
    const struct module_record *said = &record->module;
    const char *alias;

    module->said = *said;
    module->said.path = strings_keep(&model->strings, said->path);
    module->said.soname = strings_keep(&model->strings, said->soname);
    module->said.build_id = strings_keep(&model->strings, said->build_id);
    module->said.identity = strings_keep(&model->strings, said->identity);
    alias = aliases_name(model->aliases, said);
    if (alias != NULL)
        module->said.identity = alias;
    module->data = &module->said;
    module->opened |= json_is_object(json_object_get(record->json, "opener"));
    module->changed = record->time;
    module->unloaded = said->state == MODULE_UNLOADED ? record->time : INT64_MAX;
}

/* The first one of an id stays: the findings so far are about that. */
static char *add_module(struct model *model, struct process *process, struct record *record)
{
    struct module *module;
    char *conflict = NULL;

    HASH_FIND(hh, process->modules, &record->module.id, sizeof(int64_t), module);
    if (module == NULL) {
        module = memory_zeroed(sizeof *module);
        module->id = record->module.id;
        module->loaded = record->time;
        HASH_ADD(hh, process->modules, id, sizeof module->id, module);
        take_module(model, module, record);
    } else if (is_same_module(module->data, &record->module)) {
        take_module(model, module, record);
    } else {
        conflict = memory_format("record left out: the id of module %" PRId64 ", %s, is given to "
                                 "another one, %s",
                                 module->id, module->data->path, record->module.path);
    }
    record_free(record);
    return conflict;
}

/* They are of a module whose record may have been lost with a damaged line. */
static void add_reloads(const struct process *process, const struct reloads_record *reloads)
{
    struct module *module;

    HASH_FIND(hh, process->modules, &reloads->module, sizeof(int64_t), module);
    if (module != NULL)
        module->reloads = reloads->count < UINT32_MAX ? reloads->count : UINT32_MAX;
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
    struct model *model = context;
    struct process *process = need_process(model, record->pid);

    switch (record->type) {
    case RECORD_HEADER:
        replace_record(&process->header, record);
        break;
    case RECORD_MODULE:
        return add_module(model, process, record);
    case RECORD_RELOADS:
        add_reloads(process, &record->reloads);
        record_free(record);
        break;
    case RECORD_FINDING:
        return findings_add(model, process, record);
    case RECORD_RESOLVED:
        findings_resolve(model, process, &record->resolved);
        record_free(record);
        break;
    case RECORD_CRASH:
        add_crash(model, process, record);
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

static void finish_process(struct model *model, struct process *process)
{
    for (const struct module *module = process->modules; module != NULL; module = module->hh.next) {
        model->unloaded += module_unloads(module);
        model->closed += module->data->state == MODULE_CLOSED;
    }
    for (struct finding *finding = process->findings; finding != NULL; finding = finding->next) {
        bool was_true = finding->resolved != NULL && !finding->pending;

        model->resolved += was_true;
        if (finding->resolved == NULL || (was_true && model->count_resolved))
            groups_add(model, finding);
    }
    growth_collect(process);
}

void model_finish(struct model *model)
{
    for (struct process *process = model->processes; process != NULL; process = process->hh.next) {
        if (model_shows(model, process))
            finish_process(model, process);
    }
    groups_recall(model);
    findings_recall_predictions(model);
    groups_finish(model);
}

void model_sign(struct model *model)
{
    groups_sign(model);
    model_count(model);
}

void model_count(struct model *model)
{
    causes_join(model);
    memset(model->severities, 0, sizeof model->severities);
    for (const struct group *group = model->groups; group != NULL; group = group->hh.next)
        model->severities[group->severity] += !group->hidden && group->cause == NULL;
}

void model_sort(struct model *model)
{
    groups_sort(model);
    model_count(model);
}

/* HASH_CLEAR() gives back the table only; the items keep their order and are freed one by one. */
static void free_modules(struct process *process)
{
    struct module *module = process->modules, *next;

    HASH_CLEAR(hh, process->modules);
    for (; module != NULL; module = next) {
        next = module->hh.next;
        free(module);
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
        ids_free(&process->by_id);
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
    places_free(model);
    findings_free(model);
    free_crashes(model);
    free_processes(model);
    strings_free(&model->strings);
    for (size_t i = 0; i < model->file_count; i++)
        free(model->files[i]);
    free(model->files);
    memset(model, 0, sizeof *model);
}
