// SPDX-License-Identifier: MIT
#include "commands/command.h"
#include "commands/merge.h"

#include "ask/request.h"
#include "base/message.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "Usage: dlpin leaks [options] PID\n"
    "\n"
    "Asks a running process to check now, and prints what it holds of modules that are gone: a "
    "line\n"
    "for each load that left something behind, then the causes. The process must run under\n"
    "libdlpin.so with check_signal=32, as dlpin run starts it, and with a report file.\n"
    "\n"
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
};

static const struct option long_options[] = {
    {"format", required_argument, NULL, 'f'},
    {"timeout", required_argument, NULL, 't'},
    {"force", no_argument, NULL, 'F'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool take_seconds(struct options *options, const char *text)
{
    char *end;
    long seconds = strtol(text, &end, 10);

    if (end == text || *end != '\0' || seconds < 1 || seconds > 86400) {
        message_error("leaks: --timeout=%s: a number of seconds is needed", text);
        return false;
    }
    options->request.seconds = (unsigned)seconds;
    return true;
}

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
            if (!take_seconds(options, optarg))
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
    if (optind + 1 == argc)
        return -1;
    message_error("leaks: name one process by its number");
    return STATUS_TROUBLE;
}

static int show(const struct options *options, const struct target *target)
{
    const char *const paths[] = {target->report};
    struct model model = {.only = target->pid};
    const struct report report = {.model = &model, .running = true};
    struct outputs outputs = {0};
    bool good;

    outputs_add(&outputs, options->format, "-");
    outputs_open(&outputs);
    merge_inputs(&model, paths, 1);
    good = outputs_write(&outputs, &report) && !merge_had_trouble(&model);
    int status = !good ? STATUS_TROUBLE : model.groups != NULL ? STATUS_FINDINGS : STATUS_GOOD;
    outputs_clear(&outputs);
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
        status = show(&options, &target);
    target_close(&target);
    return status;
}

const struct command command_leaks = {
    .name = "leaks",
    .summary = "ask a running process what it holds of unloaded plug-ins",
    .help = help,
    .run = run,
};
