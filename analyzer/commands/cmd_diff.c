// SPDX-License-Identifier: MIT
#include "commands/command.h"
#include "commands/merge.h"

#include "base/message.h"
#include "gate/unwatched.h"

#include <stdlib.h>

/* The findings of OLD serve as a baseline for NEW. */
static bool take_old(struct settings *settings)
{
    struct model old = {.count_resolved = settings->resolved};
    bool good;

    merge_paths(&old, settings, (const char *const *)settings->arguments, 1);
    exceptions_take_model(&settings->exceptions, &old, settings->arguments[0]);
    good = !merge_had_trouble(&old);
    model_free(&old);
    return good;
}

static int verdict(const struct settings *settings, const struct model *model)
{
    const struct watching watching = {.unfollowed_are_good = settings->unfollowed_are_good};
    char *failure = gate_failure(&settings->gate, model);
    int status;

    if (failure != NULL) {
        message_error("failed, new: %s", failure);
        free(failure);
        return STATUS_FINDINGS;
    }
    status = command_fail(gate_blindness(&settings->gate, model), STATUS_TROUBLE);
    if (status == STATUS_GOOD)
        status = command_fail(unwatched_failure(&watching, model), STATUS_TROUBLE);
    return status;
}

static int diff(struct settings *settings)
{
    struct model model = {.count_resolved = settings->resolved};
    const struct report report = {
        .model = &model,
        .gate = &settings->gate,
        .from = settings->from,
        .verbose = settings->verbose,
        .exceptions = &settings->exceptions,
        .root = &settings->root,
        .list_known = true,
    };
    int status = STATUS_TROUBLE;
    bool good;

    settings_add_output(settings);
    if (!settings_read_exceptions(settings) || !outputs_open(&settings->outputs))
        return STATUS_TROUBLE;
    good = take_old(settings);
    merge_paths(&model, settings, (const char *const *)settings->arguments + 1, 1);
    exceptions_apply(&settings->exceptions, &model);
    if (outputs_write(&settings->outputs, &report) && good && !merge_had_trouble(&model))
        status = verdict(settings, &model);
    model_free(&model);
    return status;
}

const struct command command_diff = {
    .name = "diff",
    .summary = "show what is new, fixed and persisting between two reports",
    .usage = "dlpin diff [options] OLD NEW",
    .about = "Compares the findings of two report files, or directories of these: what is new is "
             "shown as in a report; what persists and what is fixed is a line each. Fixed is what "
             "is only in OLD while its module was unloaded in NEW.",
    .statuses = "0 if nothing that is new fails, 1 if something does, 2 for bad usage, and when an "
                "input could not be read or a report not be written.",
    .missing = "name two report files or directories",
    .argument = "FILE",
    .fewest = 2,
    .most = 2,
    .in = IN_DIFF,
    .usage_status = STATUS_TROUBLE,
    .run = diff,
};
