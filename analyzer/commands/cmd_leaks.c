// SPDX-License-Identifier: MIT
#include "commands/command.h"
#include "commands/merge.h"

#include "ask/request.h"
#include "ask/supposed.h"
#include "base/message.h"

#include <getopt.h>
#include <stdio.h>

static const char help[] =
    "Usage: dlpin leaks [options] PID\n"
    "       dlpin leaks [options] PID --as-if-unloaded MODULE\n"
    "\n"
    "Asks a running process to check now, and prints what it holds of modules that are gone: a "
    "line\n"
    "for each load that left something behind, then the causes. The process must run under\n"
    "libdlpin.so with check_signal=32, as dlpin run starts it, and with a report file.\n"
    "\n"
    "  --as-if-unloaded=MODULE\n"
    "                        what it would hold of MODULE (a path or name) if that were unloaded "
    "now,\n"
    "                        without its destructors; nothing is unloaded\n"
    "  --format=FORMAT       text (default) or json\n"
    "  --timeout=SECONDS     how long to wait for the answer (default: 10)\n"
    "  --force               ask also where the program may notice: a system call fails with "
    "EINTR\n"
    "  --help                this text\n"
    "\n"
    "Exit status: 0 if nothing is left, 1 if something is, 2 if the process cannot be asked.\n";

enum { TIMEOUT_SECONDS = 10 };

struct options {
    const struct format *format;
    struct request request;
    const char *module; /* as if it were unloaded; NULL: as it is */
};

static const struct option long_options[] = {
    {"format", required_argument, NULL, 'f'}, {"timeout", required_argument, NULL, 't'},
    {"force", no_argument, NULL, 'F'},        {"as-if-unloaded", required_argument, NULL, 'u'},
    {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
};

/* The lines for the loads belong to the text. */
static bool take_format(struct options *options, const char *name)
{
    options->format = format_find(name);
    if (options->format != NULL && options->format->render == render_text)
        options->format = &format_leaks;
    return options->format != NULL;
}

/* -1: go on; else the exit status. */
static int parse(struct options *options, int argc, char **argv)
{
    int letter;

    while ((letter = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        switch (letter) {
        case 'f':
            if (!take_format(options, optarg))
                return STATUS_TROUBLE;
            break;
        case 't':
            if (!request_take_seconds(&options->request, "leaks", optarg))
                return STATUS_TROUBLE;
            break;
        case 'F':
            options->request.force = true;
            break;
        case 'u':
            options->module = optarg;
            break;
        case 'h':
            fputs(help, stdout);
            return STATUS_GOOD;
        default:
            return STATUS_TROUBLE;
        }
    }
    if (optind + 1 == argc)
        return -1;
    message_error("leaks: name one process by its number");
    return STATUS_TROUBLE;
}

static int show(const struct options *options, struct model *model)
{
    static const char *const supposed =
        "this is what would be if the module were unloaded now, without its destructors; nothing "
        "was unloaded";
    const struct report report = {
        .model = model,
        .running = true,
        .remarks = &supposed,
        .remark_count = options->module != NULL,
    };
    struct outputs outputs = {0};
    bool good;

    outputs_add(&outputs, options->format, "-");
    outputs_open(&outputs);
    good = outputs_write(&outputs, &report) && !merge_had_trouble(model);
    outputs_clear(&outputs);
    return !good ? STATUS_TROUBLE : model->groups != NULL ? STATUS_FINDINGS : STATUS_GOOD;
}

static int show_what_is(struct options *options, struct target *target)
{
    const char *const paths[] = {target->report};
    struct model model = {.only = target->pid};
    int status;

    merge_inputs(&model, paths, 1);
    status = show(options, &model);
    model_free(&model);
    return status;
}

/* The module's number there; 0, after a message, if there is none. */
static int64_t find_module(const struct options *options, const struct target *target)
{
    struct model model = {.only = target->pid};
    const struct module *module;
    int64_t id = 0;

    supposed_load(&model, target->report, 0);
    module = supposed_module(&model, options->module);
    if (module != NULL)
        id = module->data->id;
    else
        message_error("process %d has no module \"%s\" that is loaded", target->pid,
                      options->module);
    model_free(&model);
    return id;
}

static int show_what_would_be(struct options *options, struct target *target)
{
    struct model model = {.only = target->pid};
    int status = STATUS_TROUBLE;

    options->request.module = find_module(options, target);
    if (options->request.module != 0 && request_check(target, &options->request)) {
        supposed_load(&model, target->report, options->request.token);
        status = show(options, &model);
    }
    model_free(&model);
    return status;
}

static int run(int argc, char **argv)
{
    struct options options = {.format = &format_leaks, .request = {.seconds = TIMEOUT_SECONDS}};
    int status = parse(&options, argc, argv);
    struct target target;

    if (status >= 0)
        return status;
    status = STATUS_TROUBLE;
    if (target_open(&target, argv[optind]) && request_check(&target, &options.request))
        status = options.module != NULL ? show_what_would_be(&options, &target)
                                        : show_what_is(&options, &target);
    target_close(&target);
    return status;
}

const struct command command_leaks = {
    .name = "leaks",
    .summary = "ask a running process what it holds of unloaded plug-ins",
    .help = help,
    .run = run,
};
