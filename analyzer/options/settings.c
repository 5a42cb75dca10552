// SPDX-License-Identifier: MIT
#include "options/settings.h"

#include "base/message.h"
#include "commands/command.h"

enum { TIMEOUT_SECONDS = 10 };

struct settings settings_default(void)
{
    struct settings settings = {
        .gate = gate_default(),
        .error_status = STATUS_GATED,
        .trace_children = true,
        .trial = try_plan_default(),
        .request = {.seconds = TIMEOUT_SECONDS},
    };

    source_root_set(&settings.root, NULL);
    return settings;
}

void settings_add_output(struct settings *settings)
{
    outputs_add(&settings->outputs, settings->format != NULL ? settings->format : &format_default,
                settings->file != NULL ? settings->file : "-");
}

bool settings_read_exceptions(struct settings *settings)
{
    const struct exceptions *exceptions = &settings->exceptions;

    if (exceptions->baseline_path == NULL && (exceptions->write || exceptions->update)) {
        message_usage("--%s-baseline needs --baseline=FILE",
                      exceptions->write ? "write" : "update");
        return false;
    }
    return exceptions_read(&settings->exceptions);
}

bool settings_check(const struct settings *settings)
{
    if (!settings->gate.own_only || own_is_known(&settings->own, &settings->root))
        return true;
    message_usage("--own-only needs --own=GLOB or --source-root=DIR");
    return false;
}

void settings_clear(struct settings *settings)
{
    try_plan_clear(&settings->trial);
    exceptions_clear(&settings->exceptions);
    outputs_clear(&settings->outputs);
    source_root_clear(&settings->root);
    own_clear(&settings->own);
    aliases_clear(&settings->aliases);
    search_clear(&settings->search);
}
