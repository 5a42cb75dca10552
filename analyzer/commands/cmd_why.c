// SPDX-License-Identifier: MIT
#include "commands/command.h"
#include "commands/merge.h"

#include "ask/request.h"
#include "ask/supposed.h"
#include "base/message.h"
#include "render/put.h"
#include "render/why.h"

#include <inttypes.h>
#include <stdio.h>

/* Of several loads the last that is mapped, else the last one. */
static const struct module *last_called(const struct process *process, const char *name)
{
    const struct module *module, *found = NULL;

    for (module = process->modules; module != NULL; module = module->hh.next) {
        if (module_is_called(module, name) &&
            (found == NULL || module->data->state != MODULE_UNLOADED ||
             found->data->state == MODULE_UNLOADED))
            found = module;
    }
    return found;
}

/* Returns the exit status. */
static int show(const struct model *model, const char *name)
{
    const struct process *process;
    int status = STATUS_TROUBLE;

    for (process = model->processes; process != NULL; process = process->hh.next) {
        const struct module *module =
            model_shows(model, process) ? last_called(process, name) : NULL;

        if (module == NULL)
            continue;
        if (HASH_COUNT(model->processes) > 1) {
            put(stdout, "Process %" PRId64 " (%s):", process->key.pid, process_name(process));
            fputc('\n', stdout);
        }
        why_put(stdout, process, module);
        if (module->data->state != MODULE_UNLOADED)
            status = STATUS_GOOD;
        else if (status == STATUS_TROUBLE)
            status = STATUS_FINDINGS;
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? status : STATUS_TROUBLE;
}

static int why_of_file(const struct settings *settings, const char *path, const char *name)
{
    struct model model = {0};
    int status;

    merge_paths(&model, settings, &path, 1);
    if (merge_had_trouble(&model)) {
        model_free(&model);
        return STATUS_TROUBLE;
    }
    status = show(&model, name);
    if (status == STATUS_TROUBLE)
        message_error("%s: no process had a module \"%s\"", path, name);
    model_free(&model);
    return status;
}

/* With -p it is the only argument. */
static const char *name_of(const struct settings *settings)
{
    return settings->arguments[0];
}

/* What is said in a report file of a process, by the answer to one request (0: to none). */
static int show_answer(const struct settings *settings, const struct target *target, unsigned token)
{
    struct model model = {.only = target->pid, .search = &settings->search};
    int status;

    supposed_load(&model, target->report, token);
    status = show(&model, name_of(settings));
    model_free(&model);
    return status;
}

static int64_t number_of_module(const struct settings *settings, const struct target *target)
{
    struct model model = {.only = target->pid, .search = &settings->search};
    const struct module *module;
    int64_t id = 0;

    supposed_load(&model, target->report, 0);
    module = supposed_module(&model, name_of(settings));
    if (module != NULL)
        id = module->data->id;
    model_free(&model);
    return id;
}

static int why_in_process(struct settings *settings, struct target *target)
{
    int status;

    /* Its file has every module after a first check. */
    if (!request_check(target, &settings->request))
        return STATUS_TROUBLE;
    settings->request.module = number_of_module(settings, target);
    if (settings->request.module == 0) {
        status = show_answer(settings, target, 0);
        if (status == STATUS_TROUBLE)
            message_error("process %d has no module \"%s\"", target->pid, name_of(settings));
        return status;
    }
    settings->request.why = true;
    return request_check(target, &settings->request)
               ? show_answer(settings, target, settings->request.token)
               : STATUS_TROUBLE;
}

static int why(struct settings *settings)
{
    int status = STATUS_TROUBLE;
    struct target target;

    if (settings->argument_count != (settings->pid != NULL ? 1 : 2)) {
        message_usage(settings->pid != NULL ? "name one module"
                                            : "name one report file and one module, or -p PID");
        return STATUS_TROUBLE;
    }
    if (settings->pid == NULL)
        return why_of_file(settings, settings->arguments[0], settings->arguments[1]);
    if (target_open(&target, settings->pid))
        status = why_in_process(settings, &target);
    target_close(&target);
    return status;
}

const struct command command_why = {
    .name = "why",
    .summary = "say why a module is still mapped",
    .usage = "dlpin why [options] -p PID MODULE\n       dlpin why FILE MODULE",
    .about = "Says why a module (a path or name) is still mapped: every holder, and what holds "
             "that. A running process is asked now, and needs what dlpin leaks needs; a report "
             "file knows it of modules that were closed, and of those still open at the end.",
    .statuses = "0 if it is mapped, 1 if it was unmapped, 2 if that could not be found out.",
    .missing = "name one report file and one module, or -p PID and one module",
    .fewest = 1,
    .most = 2,
    .in = IN_WHY,
    .usage_status = STATUS_TROUBLE,
    .run = why,
};
