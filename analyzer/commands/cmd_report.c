// SPDX-License-Identifier: MIT
#include "commands/command.h"
#include "commands/merge.h"

#include "base/message.h"

#include <getopt.h>
#include <stdio.h>

static const char help[] =
    "Usage: dlpin report [options] FILE|DIR...\n"
    "\n"
    "Reads report files, merges what they say, and explains it. A directory stands for the report\n"
    "files in it.\n"
    "\n"
    "  --format=FORMAT       text (default) or json, to the standard output\n"
    "  --report=FORMAT:FILE  write FORMAT to FILE; may be given several times; without --format\n"
    "                        nothing goes to the standard output then\n"
    "  -o FILE               write what --format says to FILE\n"
    "  --resolved            count findings too that stopped being true before the process ended\n"
    "  --help                this text\n"
    "\n"
    "Exit status: 0; 2 for bad usage, and when an input could not be read.\n";

struct options {
    const struct format *format;
    const char *file;
    struct outputs outputs;
    bool resolved;
};

static const struct option long_options[] = {
    {"format", required_argument, NULL, 'f'},
    {"report", required_argument, NULL, 'r'},
    {"resolved", no_argument, NULL, 'R'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* -1: go on; else the exit status. */
static int parse(struct options *options, int argc, char **argv)
{
    int letter;

    while ((letter = getopt_long(argc, argv, "ho:", long_options, NULL)) != -1) {
        switch (letter) {
        case 'f':
            options->format = format_find(optarg);
            if (options->format == NULL)
                return STATUS_TROUBLE;
            break;
        case 'r':
            if (!outputs_add_argument(&options->outputs, optarg))
                return STATUS_TROUBLE;
            break;
        case 'o':
            options->file = optarg;
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
    message_error("report: name at least one report file or directory");
    return STATUS_TROUBLE;
}

static bool add_default_output(struct options *options)
{
    if (options->outputs.count > 0 && options->format == NULL && options->file == NULL)
        return true;
    if (options->format == NULL)
        options->format = format_find("text");
    outputs_add(&options->outputs, options->format, options->file != NULL ? options->file : "-");
    return options->format != NULL;
}

static int report(struct options *options, int count, char **paths)
{
    struct model model = {.count_resolved = options->resolved};
    const struct report report = {.model = &model};
    bool good;

    if (!add_default_output(options) || !outputs_open(&options->outputs))
        return STATUS_TROUBLE;
    merge_inputs(&model, (const char *const *)paths, (size_t)count);
    good = outputs_write(&options->outputs, &report) && !merge_had_trouble(&model);
    model_free(&model);
    return good ? STATUS_GOOD : STATUS_TROUBLE;
}

static int run(int argc, char **argv)
{
    struct options options = {0};
    int status = parse(&options, argc, argv);

    if (status < 0)
        status = report(&options, argc - optind, argv + optind);
    outputs_clear(&options.outputs);
    return status;
}

const struct command command_report = {
    .name = "report",
    .summary = "explain report files",
    .help = help,
    .run = run,
};
