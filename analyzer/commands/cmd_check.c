// SPDX-License-Identifier: MIT
#include "commands/command.h"
#include "commands/merge.h"

#include "base/message.h"

#include <stdlib.h>

static int verdict(const struct settings *settings, const struct model *model)
{
    char *failure = gate_failure(&settings->gate, model);
    int status = failure != NULL ? STATUS_FINDINGS : STATUS_GOOD;

    if (merge_had_trouble(model))
        status = STATUS_TROUBLE;
    else if (failure != NULL)
        message_error("failed: %s", failure);
    free(failure);
    return status;
}

static int check(struct settings *settings)
{
    struct model model = {.count_resolved = settings->resolved};
    const struct report report = {
        .model = &model,
        .gate = &settings->gate,
        .only_gating = true,
        .verbose = settings->verbose,
        .exceptions = &settings->exceptions,
        .root = &settings->root,
    };
    int status = STATUS_TROUBLE;
    bool good;

    settings_add_output(settings);
    if (!settings_read_exceptions(settings) || !outputs_open(&settings->outputs))
        return STATUS_TROUBLE;
    good = merge_inputs(&model, settings);
    if (outputs_write(&settings->outputs, &report) && good)
        status = verdict(settings, &model);
    model_free(&model);
    return status;
}

const struct command command_check = {
    .name = "check",
    .summary = "fail a CI job on findings in report files",
    .usage = "dlpin check [options] FILE|DIR...",
    .about = "A gate for CI: reads report files and shows the findings that fail it.",
    .statuses = "0 if nothing fails, 1 if something does, 2 for bad usage, and when an input could "
                "not be read or a report not be written. Damaged records are named on standard "
                "error, skipped and counted; they alone do not fail.",
    .missing = "name at least one report file or directory",
    .fewest = 1,
    .most = ANY_NUMBER,
    .in = IN_CHECK,
    .usage_status = STATUS_TROUBLE,
    .run = check,
};
