// SPDX-License-Identifier: MIT
#include "commands/command.h"
#include "commands/merge.h"

#include "base/message.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "Usage: dlpin check [options] FILE|DIR...\n"
    "\n"
    "A gate for CI: reads report files and shows the findings that fail it.\n"
    "\n"
    "  --fail-on=LIST        what fails: a severity (error, warning, note) with all above it, "
    "kinds of\n"
    "                        findings, or both, separated by commas (default: warning)\n"
    "  --format=FORMAT       text (default) or json\n"
    "  --resolved            count findings too that stopped being true before the process ended\n"
    "  --help                this text\n"
    "\n"
    "Exit status: 0 if nothing fails, 1 if something does, 2 for bad usage, and when an input "
    "could not\n"
    "be read. Damaged records are named on standard error, skipped and counted; they alone do not "
    "fail.\n";

struct options {
    struct gate gate;
    const struct format *format;
    bool resolved;
};

static const struct option long_options[] = {
    {"fail-on", required_argument, NULL, 'F'},
    {"format", required_argument, NULL, 'f'},
    {"resolved", no_argument, NULL, 'R'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* -1: go on; else the exit status. */
static int parse(struct options *options, int argc, char **argv)
{
    int letter;

    while ((letter = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        switch (letter) {
        case 'F':
            if (!gate_parse(&options->gate, optarg))
                return STATUS_TROUBLE;
            break;
        case 'f':
            options->format = format_find(optarg);
            if (options->format == NULL)
                return STATUS_TROUBLE;
            break;
        case 'R':
            options->resolved = true;
            break;
        case 'h':
            fputs(help, stdout);
            return STATUS_GOOD;
        default:
            return STATUS_TROUBLE;
        }
    }
    if (optind < argc)
        return -1;
    message_error("check: name at least one report file or directory");
    return STATUS_TROUBLE;
}

static int verdict(const struct options *options, const struct model *model)
{
    char *failure = gate_failure(&options->gate, model);
    int status = failure != NULL ? STATUS_FINDINGS : STATUS_GOOD;

    if (merge_had_trouble(model))
        status = STATUS_TROUBLE;
    else if (failure != NULL)
        message_error("check: failed: %s", failure);
    free(failure);
    return status;
}

static int check(const struct options *options, int count, char **paths)
{
    struct model model = {.count_resolved = options->resolved};
    const struct report report = {.model = &model, .gate = &options->gate};
    struct outputs outputs = {0};
    int status;

    outputs_add(&outputs, options->format, "-");
    outputs_open(&outputs);
    merge_inputs(&model, (const char *const *)paths, (size_t)count);
    status = outputs_write(&outputs, &report) ? verdict(options, &model) : STATUS_TROUBLE;
    outputs_clear(&outputs);
    model_free(&model);
    return status;
}

static int run(int argc, char **argv)
{
    struct options options = {.gate = gate_default(), .format = format_find("text")};
    int status = parse(&options, argc, argv);

    return status < 0 ? check(&options, argc - optind, argv + optind) : status;
}

const struct command command_check = {
    .name = "check",
    .summary = "fail a CI job on findings in report files",
    .help = help,
    .run = run,
};
