// SPDX-License-Identifier: MIT
#include "ask/supposed.h"

#include "base/message.h"
#include "symbolize/symbolize.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const struct module *supposed_module(const struct model *model, const char *name)
{
    const struct module *found = NULL;
    const struct process *process;
    const struct module *module;

    for (process = model->processes; process != NULL; process = process->hh.next) {
        if (!model_shows(model, process))
            continue;
        for (module = process->modules; module != NULL; module = module->hh.next) {
            if (module->data->state != MODULE_UNLOADED && module_is_called(module, name))
                found = module;
        }
    }
    return found;
}

static bool is_other_file(const struct module *module, const struct module *known, const char *name)
{
    return module->data->state != MODULE_UNLOADED && module_is_called(module, name) &&
           strcmp(module->data->path, known->data->path) != 0;
}

bool supposed_is_ambiguous(const struct model *model, const char *name)
{
    const struct module *known = supposed_module(model, name), *module;
    const struct process *process;
    bool found = false;

    for (process = model->processes; process != NULL; process = process->hh.next) {
        if (known == NULL || !model_shows(model, process))
            continue;
        for (module = process->modules; module != NULL; module = module->hh.next) {
            if (!is_other_file(module, known, name))
                continue;
            message_error("process %" PRId64 " has %s, too", model->only, module->data->path);
            found = true;
        }
    }
    if (found)
        message_error("process %" PRId64 " has %s: name one by its path", model->only,
                      known->data->path);
    return found;
}

struct filter {
    struct record_sink sink;
    unsigned token;
};

static void pass_file(void *context, const char *path)
{
    const struct filter *filter = context;

    filter->sink.file(filter->sink.context, path);
}

/* Makes a finding of a record that has the members of one. NULL: another record. */
static struct record *finding_of(const struct record *record, unsigned token)
{
    const char *type = json_string_value(json_object_get(record->json, "type"));
    struct record *finding = NULL;
    char problem[200], *line;
    json_t *members;

    if (type == NULL || strcmp(type, "supposed") != 0 ||
        json_integer_value(json_object_get(record->json, "token")) != (json_int_t)token)
        return NULL;
    members = json_deep_copy(record->json);
    json_object_set_new(members, "type", json_string("finding"));
    line = json_dumps(members, JSON_COMPACT);
    json_decref(members);
    if (line != NULL)
        finding = record_parse(line, strlen(line), problem, sizeof problem);
    free(line);
    return finding;
}

static char *pass_record(void *context, struct record *record)
{
    const struct filter *filter = context;
    struct record *passed = NULL;
    char *conflict = NULL;

    if (record->type == RECORD_HEADER || record->type == RECORD_MODULE)
        passed = record;
    else if (record->type == RECORD_UNKNOWN)
        passed = finding_of(record, filter->token);
    if (passed != NULL)
        conflict = filter->sink.record(filter->sink.context, passed);
    if (passed != record)
        record_free(record);
    return conflict;
}

void supposed_load(struct model *model, const char *path, unsigned token)
{
    struct filter filter = {model_sink(model), token};
    const struct record_sink sink = {&filter, pass_file, pass_record};

    load_file(path, &sink, &model->loaded);
    model_finish(model);
    symbolize_model(model);
    model_sign(model);
}
