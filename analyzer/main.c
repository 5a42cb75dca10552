// SPDX-License-Identifier: MIT
/* The dlpin command: picks one of its commands. */
#include "base/memory.h"
#include "base/message.h"
#include "commands/command.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_help(FILE *out)
{
    fputs("Usage: dlpin COMMAND [options] ...\n"
          "\n"
          "Finds what a plug-in leaves behind when it is unloaded.\n"
          "\n",
          out);
    for (size_t i = 0; commands[i] != NULL; i++)
        fprintf(out, "  %-12s %s\n", commands[i]->name, commands[i]->summary);
    fputs("  help         show the help of a command: dlpin help COMMAND\n"
          "\n"
          "  -h, --help   this text\n"
          "  -V, --version\n"
          "\n"
          "dlpin(1) has the rest, with examples.\n",
          out);
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    message_usage("there is no command \"%s\"", name);
    return NULL;
}

static int print_command_help(const char *name)
{
    const struct command *command = find_command(name);

    if (command == NULL)
        return STATUS_TROUBLE;
    options_help(stdout, command);
    return STATUS_GOOD;
}

static int run_command(const struct command *command, int argc, char **argv)
{
    struct settings settings;
    int status;

    message_command(command->name);
    status = options_parse(command, argc, argv, &settings);
    if (status < 0)
        status = command->run(&settings);
    settings_clear(&settings);
    return status;
}

/*
 * A file opened by this process must never become its standard error and so get messages written
 * into it. The descriptors that fill the gaps are closed again when a program is started.
 */
static void fill_standard_descriptors(void)
{
    int descriptor;

    do {
        descriptor = open("/dev/null", O_RDWR | O_CLOEXEC);
    } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    if (descriptor > STDERR_FILENO)
        close(descriptor);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    const struct command *command;

    fill_standard_descriptors();
    /* A report that lacks a part because memory ran out must not look like a whole one. */
    json_set_alloc_funcs(memory_block, free);
    if (name == NULL) {
        print_help(stderr);
        return STATUS_TROUBLE;
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        puts("dlpin " DLPIN_VERSION);
        return STATUS_GOOD;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        if (argc > 2)
            return print_command_help(argv[2]);
        print_help(stdout);
        return STATUS_GOOD;
    }
    command = find_command(name);
    return command != NULL ? run_command(command, argc - 1, argv + 1) : STATUS_TROUBLE;
}
