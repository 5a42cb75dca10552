// SPDX-License-Identifier: MIT
#include "commands/command.h"
#include "commands/merge.h"

#include "gate/required.h"
#include "gate/unwatched.h"
#include "model/coverage.h"

/* In every process that says so; where none does, nobody knows. */
static bool heap_was_seen(const struct model *model)
{
    bool known = false;

    for (const struct process *process = model->processes; process != NULL;
         process = process->hh.next) {
        if (process->coverage == NULL)
            continue;
        if (!coverage_has_hook(process, "heap"))
            return false;
        known = true;
    }
    return known;
}

static int verdict(const struct settings *settings, const struct model *model)
{
    const struct watching watching = {.unfollowed_are_good = settings->unfollowed_are_good};
    int status;

    if (merge_had_trouble(model))
        return STATUS_TROUBLE;
    status = command_fail(required_failure(&settings->required, model, heap_was_seen(model)),
                          STATUS_TROUBLE);
    if (status == STATUS_GOOD)
        status = command_fail(gate_failure(&settings->gate, model), STATUS_FINDINGS);
    if (status == STATUS_GOOD)
        status = command_fail(gate_blindness(&settings->gate, model), STATUS_TROUBLE);
    if (status == STATUS_GOOD)
        status = command_fail(unwatched_failure(&watching, model), STATUS_TROUBLE);
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
    .statuses = "0 if nothing fails, 1 if something does, 2 for bad usage, when an input could "
                "not be read or a report not be written, and when a process was missed or its "
                "report is not complete. Damaged records are named on standard "
                "error, skipped and counted; they alone do not fail.",
    .missing = "name at least one report file or directory",
    .argument = "FILE",
    .fewest = 1,
    .most = ANY_NUMBER,
    .in = IN_CHECK,
    .usage_status = STATUS_TROUBLE,
    .run = check,
};
