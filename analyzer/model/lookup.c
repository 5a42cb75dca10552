// SPDX-License-Identifier: MIT
/* The questions that others ask the model. */
#include "model/model.h"

#include "load/names.h"

#include <string.h>

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

bool model_shows(const struct model *model, const struct process *process)
{
    return model->only == 0 || model->only == process->key.pid;
}

bool model_has_findings(const struct model *model)
{
    const struct group *group = model->groups;

    while (group != NULL && group->hidden)
        group = group->hh.next;
    return group != NULL;
}

const struct module *process_module(const struct process *process, int64_t id)
{
    struct module *module = NULL;

    if (process == NULL || id == RECORD_ABSENT)
        return NULL;
    HASH_FIND(hh, process->modules, &id, sizeof id, module);
    if (module != NULL)
        return module;
    /* A child that writes into its parent's file inherited the modules that the parent listed
     * there. */
    return process_module(process->host, id);
}

const char *process_name(const struct process *process)
{
    const struct record *header = process->header;

    if (header == NULL && process->host != NULL)
        header = process->host->header;
    return header != NULL && header->header.exe != NULL ? base_name(header->header.exe) : "?";
}

const char *process_started(const struct process *process)
{
    const struct record *header = process->header;

    if (header == NULL && process->host != NULL)
        header = process->host->header;
    return header != NULL && header->header.started != NULL ? header->header.started : "";
}

bool process_ended(const struct process *process)
{
    return process->summary != NULL;
}

bool process_became_another(const struct process *process)
{
    const char *ended = process->summary != NULL ? process->summary->summary.ended : NULL;

    return ended != NULL && strcmp(ended, "exec") == 0;
}

size_t module_loads(const struct module *module)
{
    return 1 + (size_t)module->reloads;
}

size_t module_unloads(const struct module *module)
{
    return (size_t)module->reloads + (module->data->state == MODULE_UNLOADED);
}

const char *module_identity(const struct module *module)
{
    if (module == NULL)
        return "?";
    if (module->data->identity != NULL && module->data->identity[0] != '\0')
        return module->data->identity;
    if (module->data->soname != NULL && module->data->soname[0] != '\0')
        return module->data->soname;
    return base_name(module->data->path);
}

const struct module *finding_module(const struct finding *finding)
{
    return process_module(finding->process, finding->module);
}

const struct module *finding_blamed_module(const struct finding *finding)
{
    const json_t *requester = json_object_get(finding->data->subject, "requester");

    if (name_to_kind(finding->data->kind) == KIND_HANDLE && json_is_integer(requester))
        return process_module(finding->process, json_integer_value(requester));
    return finding_module(finding);
}

/* The name is a relative path, or leads there by a link. */
static bool leads_to(const char *name, const char *path)
{
    char *file = strchr(name, '/') != NULL ? realpath(name, NULL) : NULL;
    bool same = file != NULL && strcmp(file, path) == 0;

    free(file);
    return same;
}

bool module_is_called(const struct module *module, const char *name)
{
    const char *path = module->data->path, *slash = strrchr(path, '/');

    return strcmp(path, name) == 0 || strcmp(module_identity(module), name) == 0 ||
           (slash != NULL && strcmp(slash + 1, name) == 0) || leads_to(name, path);
}

const char *finding_module_path(const struct finding *finding)
{
    const struct module *module = finding_module(finding);

    return finding->module_path != NULL ? finding->module_path
           : module != NULL             ? module->data->path
                                        : NULL;
}

const int64_t *finding_loads(const struct finding *finding, size_t *count)
{
    *count = finding->load_count;
    return finding->load_count > 1 ? finding->loads.many : &finding->loads.one;
}

struct group *finding_group(const struct finding *finding)
{
    return finding->counts ? finding->place->group : NULL;
}

const struct module *crash_module(const struct crash *crash)
{
    return process_module(crash->process, crash->data->module);
}

const struct finding *crash_finding(const struct crash *crash)
{
    return crash->predicted;
}
