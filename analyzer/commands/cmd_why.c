// SPDX-License-Identifier: MIT
#include "commands/command.h"
#include "commands/merge.h"

#include "ask/request.h"
#include "ask/supposed.h"
#include "base/message.h"
#include "render/put.h"
#include "render/why.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

static const char help[] =
    "Usage: dlpin why [options] -p PID MODULE\n"
    "       dlpin why FILE MODULE\n"
    "\n"
    "Says why a module (a path or name) is still mapped: every holder, and what holds that. A\n"
    "running process is asked now, and needs what dlpin leaks needs; a report file knows it of\n"
    "modules that were closed, and of those still open at the end.\n"
    "\n"
    "  -p, --pid=PID         ask this process\n"
    "  --timeout=SECONDS     how long to wait for the answer (default: 10)\n"
    "  --force               ask also where the program may notice: a system call fails with "
    "EINTR\n"
    "  --help                this text\n"
    "\n"
    "Exit status: 0 if it is mapped, 1 if it was unmapped, 2 if that could not be found out.\n";

enum { TIMEOUT_SECONDS = 10 };

struct options {
    const char *pid; /* NULL: a report file is read */
    const char *module;
    struct request request;
};

static const struct option long_options[] = {
    {"pid", required_argument, NULL, 'p'},
    {"timeout", required_argument, NULL, 't'},
    {"force", no_argument, NULL, 'F'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* -1: go on; else the exit status. */
static int parse(struct options *options, int argc, char **argv)
{
    int letter;

    while ((letter = getopt_long(argc, argv, "hp:", long_options, NULL)) != -1) {
        switch (letter) {
        case 'p':
            options->pid = optarg;
            break;
        case 't':
            if (!request_take_seconds(&options->request, "why", optarg))
                return STATUS_TROUBLE;
            break;
        case 'F':
            options->request.force = true;
            break;
        case 'h':
            fputs(help, stdout);
            return STATUS_GOOD;
        default:
            return STATUS_TROUBLE;
        }
    }
    if (argc - optind == (options->pid != NULL ? 1 : 2)) {
        options->module = argv[argc - 1];
        return -1;
    }
    message_error(options->pid != NULL ? "why: name one module"
                                       : "why: name one report file and one module, or -p PID");
    return STATUS_TROUBLE;
}

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

static int why_of_file(const struct options *options, const char *path)
{
    struct model model = {0};
    int status;

    merge_inputs(&model, &path, 1);
    if (merge_had_trouble(&model)) {
        model_free(&model);
        return STATUS_TROUBLE;
    }
    status = show(&model, options->module);
    if (status == STATUS_TROUBLE)
        message_error("%s: no process had a module \"%s\"", path, options->module);
    model_free(&model);
    return status;
}

/* What is said in a report file of a process, by the answer to one request (0: to none). */
static int show_answer(const struct options *options, const struct target *target, unsigned token)
{
    struct model model = {.only = target->pid};
    int status;

    supposed_load(&model, target->report, token);
    status = show(&model, options->module);
    model_free(&model);
    return status;
}

static int64_t number_of_module(const struct options *options, const struct target *target)
{
    struct model model = {.only = target->pid};
    const struct module *module;
    int64_t id = 0;

    supposed_load(&model, target->report, 0);
    module = supposed_module(&model, options->module);
    if (module != NULL)
        id = module->data->id;
    model_free(&model);
    return id;
}

static int why_in_process(struct options *options, struct target *target)
{
    int status;

    /* Its file has every module after a first check. */
    if (!request_check(target, &options->request))
        return STATUS_TROUBLE;
    options->request.module = number_of_module(options, target);
    if (options->request.module == 0) {
        status = show_answer(options, target, 0);
        if (status == STATUS_TROUBLE)
            message_error("process %d has no module \"%s\"", target->pid, options->module);
        return status;
    }
    options->request.why = true;
    return request_check(target, &options->request)
               ? show_answer(options, target, options->request.token)
               : STATUS_TROUBLE;
}

static int run(int argc, char **argv)
{
    struct options options = {.request = {.seconds = TIMEOUT_SECONDS}};
    int status = parse(&options, argc, argv);
    struct target target;

    if (status >= 0)
        return status;
    if (options.pid == NULL)
        return why_of_file(&options, argv[optind]);
    if (!target_open(&target, options.pid))
        return STATUS_TROUBLE;
    status = why_in_process(&options, &target);
    target_close(&target);
    return status;
}

const struct command command_why = {
    .name = "why",
    .summary = "say why a module is still mapped",
    .help = help,
    .run = run,
};
