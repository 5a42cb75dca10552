// SPDX-License-Identifier: MIT
#include "commands/command.h"

#include <stddef.h>

const struct command *const commands[] = {
    &command_run,   &command_report, &command_check,       &command_diff, &command_try,
    &command_leaks, &command_why,    &command_completions, NULL,
};
