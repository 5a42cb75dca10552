// SPDX-License-Identifier: MIT
#include "commands/command.h"

#include "base/message.h"

static const char *shell_word(size_t number)
{
    static const char *const words[] = {"bash", "zsh", NULL};

    return words[number];
}

static int complete(struct settings *settings)
{
    const char *shell = settings->arguments[0];

    if (!options_complete(stdout, shell, commands)) {
        message_usage("\"%s\": only bash and zsh are known", shell);
        return STATUS_TROUBLE;
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? STATUS_GOOD : STATUS_TROUBLE;
}

const struct command command_completions = {
    .name = "completions",
    .summary = "print the completions for a shell",
    .usage = "dlpin completions bash|zsh",
    .about = "Prints a script that completes commands, options and their values; an installation "
             "has it where the shell searches for it.",
    .statuses = "0; 2 for another shell.",
    .missing = "name one shell, bash or zsh",
    .argument = "SHELL",
    .word = shell_word,
    .fewest = 1,
    .most = 1,
    .in = IN_COMPLETIONS,
    .usage_status = STATUS_TROUBLE,
    .run = complete,
};
