// SPDX-License-Identifier: MIT
#include "commands/command.h"

#include "base/message.h"

#include <stddef.h>
#include <stdlib.h>

const struct command *const commands[] = {
    &command_run,   &command_report, &command_check,       &command_diff, &command_try,
    &command_leaks, &command_why,    &command_completions, NULL,
};

int command_fail(char *failure, int status)
{
    if (failure == NULL)
        return STATUS_GOOD;
    message_error("failed: %s", failure);
    free(failure);
    return status;
}
