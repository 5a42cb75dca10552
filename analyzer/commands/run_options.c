// SPDX-License-Identifier: MIT
#include "commands/run_options.h"

#include "base/message.h"
#include "commands/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

const char run_help[] =
    "Usage: dlpin run [options] [--] PROGRAM [ARGS]\n"
    "\n"
    "Runs PROGRAM, unmodified, and reports at its end what unloaded plug-ins left behind in it and "
    "in\n"
    "the processes that it started.\n"
    "\n"
    "  --gate                exit with 23 if PROGRAM exited with 0 and findings fail the gate\n"
    "  --fail-on=LIST        what fails it: a severity (error, warning, note) with all above it, "
    "kinds of\n"
    "                        findings, or both, separated by commas (default: warning); implies "
    "--gate\n"
    "  --error-exitcode=N    N instead of 23; implies --gate\n"
    "  --require=heap        exit with 24 if the heap blocks of PROGRAM could not be seen\n"
    "  --trace-children=no   leave the processes that PROGRAM starts alone (default: yes)\n"
    "  --options=LIST        more options for libdlpin.so, as in DLPIN_OPTIONS\n"
    "  -o FILE               write the report to FILE, not to the standard error\n"
    "  --format=FORMAT       text (default) or json\n"
    "  --report=FORMAT:FILE  write FORMAT to FILE as well; may be given several times\n"
    "  --keep=DIR            leave the report files of the processes in DIR\n"
    "  --resolved            count findings too that stopped being true before the process ended\n"
    "  --help                this text\n"
    "\n"
    "Exit status: that of PROGRAM; a death by signal is repeated. 23 and 24 as above; with --gate "
    "24\n"
    "also if nothing could be seen in PROGRAM. 125 if dlpin itself failed, 126 if PROGRAM could "
    "not be\n"
    "started, 127 if it was not found.\n";

enum {
    OPTION_GATE = 256,
    OPTION_FAIL_ON,
    OPTION_ERROR_STATUS,
    OPTION_REQUIRE,
    OPTION_TRACE_CHILDREN,
    OPTION_OPTIONS,
    OPTION_FORMAT,
    OPTION_REPORT,
    OPTION_KEEP,
    OPTION_RESOLVED,
};

static const struct option long_options[] = {
    {"gate", no_argument, NULL, OPTION_GATE},
    {"fail-on", required_argument, NULL, OPTION_FAIL_ON},
    {"error-exitcode", required_argument, NULL, OPTION_ERROR_STATUS},
    {"require", required_argument, NULL, OPTION_REQUIRE},
    {"trace-children", required_argument, NULL, OPTION_TRACE_CHILDREN},
    {"options", required_argument, NULL, OPTION_OPTIONS},
    {"format", required_argument, NULL, OPTION_FORMAT},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"keep", required_argument, NULL, OPTION_KEEP},
    {"resolved", no_argument, NULL, OPTION_RESOLVED},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool parse_status(struct run_options *options, const char *text)
{
    char *end;
    long status;

    errno = 0;
    status = strtol(text, &end, 10);
    options->gated = true;
    options->error_status = (int)status;
    /* 0 would be a gate that cannot fail. */
    if (*text != '\0' && *end == '\0' && errno == 0 && status >= 1 && status <= 255)
        return true;
    message_error("--error-exitcode=%s: it must be a number from 1 to 255", text);
    return false;
}

static bool parse_require(struct run_options *options, const char *text)
{
    options->require_heap = true;
    if (strcmp(text, "heap") == 0)
        return true;
    message_error("--require=%s: only heap is known", text);
    return false;
}

static bool parse_trace_children(struct run_options *options, const char *text)
{
    options->trace_children = strcmp(text, "yes") == 0;
    if (options->trace_children || strcmp(text, "no") == 0)
        return true;
    message_error("--trace-children=%s: it must be yes or no", text);
    return false;
}

/* What the output to the standard error, or to -o's file, is made of. */
struct main_output {
    const char *file;
    const struct format *format;
};

/* False, after a message, for a bad value; an unknown option was named by getopt already. */
static bool take_option(struct run_options *options, struct main_output *output, int letter)
{
    switch (letter) {
    case OPTION_GATE:
        options->gated = true;
        return true;
    case OPTION_FAIL_ON:
        options->gated = true;
        return gate_parse(&options->gate, optarg);
    case OPTION_ERROR_STATUS:
        return parse_status(options, optarg);
    case OPTION_REQUIRE:
        return parse_require(options, optarg);
    case OPTION_TRACE_CHILDREN:
        return parse_trace_children(options, optarg);
    case OPTION_OPTIONS:
        options->extra = optarg;
        return true;
    case OPTION_FORMAT:
        output->format = format_find(optarg);
        return output->format != NULL;
    case OPTION_REPORT:
        return outputs_add_argument(&options->outputs, optarg);
    case OPTION_KEEP:
        options->keep = optarg;
        return true;
    case OPTION_RESOLVED:
        options->resolved = true;
        return true;
    case 'o':
        output->file = optarg;
        return true;
    default:
        return false;
    }
}

int run_options_parse(struct run_options *options, int argc, char **argv)
{
    struct main_output output = {.format = format_find("text")};
    int letter;

    *options = (struct run_options){
        .gate = gate_default(), .error_status = STATUS_GATED, .trace_children = true};
    /* "+": the options of PROGRAM are its own. */
    while ((letter = getopt_long(argc, argv, "+ho:", long_options, NULL)) != -1) {
        if (letter == 'h') {
            fputs(run_help, stdout);
            return STATUS_GOOD;
        }
        if (!take_option(options, &output, letter))
            return STATUS_RUN_FAILED;
    }
    options->program = argv + optind;
    if (output.file != NULL)
        outputs_add(&options->outputs, output.format, output.file);
    else
        outputs_add_stream(&options->outputs, output.format, stderr);
    if (optind < argc)
        return -1;
    message_error("run: name the program to run");
    return STATUS_RUN_FAILED;
}

void run_options_clear(struct run_options *options)
{
    outputs_clear(&options->outputs);
}
