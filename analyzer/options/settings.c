// SPDX-License-Identifier: MIT
#include "options/settings.h"

#include "commands/command.h"

enum { TIMEOUT_SECONDS = 10 };

struct settings settings_default(void)
{
    return (struct settings){
        .gate = gate_default(),
        .error_status = STATUS_GATED,
        .trace_children = true,
        .request = {.seconds = TIMEOUT_SECONDS},
    };
}

void settings_add_output(struct settings *settings)
{
    outputs_add(&settings->outputs, settings->format != NULL ? settings->format : &format_default,
                settings->file != NULL ? settings->file : "-");
}

void settings_clear(struct settings *settings)
{
    outputs_clear(&settings->outputs);
}
