// SPDX-License-Identifier: MIT
#include "commands/command.h"
#include "commands/merge.h"

static bool report_goes_elsewhere(const struct settings *settings)
{
    return settings->outputs.count > 0 && settings->format == NULL && settings->file == NULL;
}

static int report(struct settings *settings)
{
    struct model model = {.count_resolved = settings->resolved};
    const struct report report = {.model = &model,
                                  .from = settings->from,
                                  .verbose = settings->verbose,
                                  .exceptions = &settings->exceptions,
                                  .root = &settings->root};
    bool good;

    if (!report_goes_elsewhere(settings))
        settings_add_output(settings);
    if (!settings_read_exceptions(settings) || !outputs_open(&settings->outputs))
        return STATUS_TROUBLE;
    good = merge_inputs(&model, settings);
    good = outputs_write(&settings->outputs, &report) && good && !merge_had_trouble(&model);
    model_free(&model);
    return good ? STATUS_GOOD : STATUS_TROUBLE;
}

const struct command command_report = {
    .name = "report",
    .summary = "explain report files",
    .usage = "dlpin report [options] FILE|DIR...",
    .about = "Reads report files, merges what they say, and explains it on the standard output, or "
             "with --report alone in files only. A directory stands for the report files in it.",
    .statuses = "0; 2 for bad usage, and when an input could not be read or a report not be "
                "written.",
    .missing = "name at least one report file or directory",
    .argument = "FILE",
    .fewest = 1,
    .most = ANY_NUMBER,
    .in = IN_REPORT,
    .usage_status = STATUS_TROUBLE,
    .run = report,
};
