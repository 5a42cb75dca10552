// SPDX-License-Identifier: MIT
/*
 * libFuzzer target (with -close_fd_mask=3, for help and messages are printed): a command and its
 * arguments, one a line. Whatever they are, they are taken, or refused with the status of bad
 * usage. And bytes as --options, by the names in the file that the environment variable LIBRARY
 * names, if there is one.
 */
#include "commands/command.h"
#include "run/known_options.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARGUMENTS_MAX = 32, COMMANDS = 7 };

static void parse(const struct command *command, char *text)
{
    char *argv[ARGUMENTS_MAX + 2] = {(char *)command->name}, *rest = text;
    struct settings settings;
    int argc = 1, status;

    while (rest != NULL && argc <= ARGUMENTS_MAX)
        argv[argc++] = strsep(&rest, "\n");
    status = options_parse(command, argc, argv, &settings);
    if (status >= 0 && status != command->usage_status && settings.show == SHOW_NOTHING)
        abort();
    if (status < 0 && settings.arguments[settings.argument_count] != NULL)
        abort();
    settings_clear(&settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *library = getenv("LIBRARY");
    char *text;

    if (size == 0)
        return 0;
    text = malloc(size);
    if (text == NULL)
        abort();
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (library != NULL)
        known_options_check(library, text);
    parse(commands[data[0] % COMMANDS], text);
    free(text);
    return 0;
}
