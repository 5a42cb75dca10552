// SPDX-License-Identifier: MIT
#include "options/options.h"

#include "base/memory.h"
#include "base/message.h"
#include "commands/command.h"

#include <stdlib.h>
#include <string.h>

struct parse {
    const struct command *command;
    struct settings *settings;
    char **next; /* the argument that follows */
    bool good;
};

static bool belongs(const struct parse *parse, const struct option_row *row)
{
    return (row->commands & parse->command->in) != 0;
}

/* All options that begin so, as "--report, --resolved"; a new string. */
static char *names_with(const struct parse *parse, const char *name, size_t length)
{
    char *names = memory_string("");

    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];
        char *longer;

        if (!belongs(parse, row) || strncmp(row->name, name, length) != 0)
            continue;
        longer = memory_format("%s%s--%s", names, names[0] != '\0' ? ", " : "", row->name);
        free(names);
        names = longer;
    }
    return names;
}

static void say_no_option(const struct parse *parse, const char *name, size_t length, bool several)
{
    char *names;

    if (!several || length == 0) {
        message_usage("--%.*s: unknown option", (int)length, name);
        return;
    }
    names = names_with(parse, name, length);
    message_usage("--%.*s: not the whole option: %s", (int)length, name, names);
    free(names);
}

/* By its whole name, or a beginning that no other one has. NULL, after a message. */
static const struct option_row *find_long(const struct parse *parse, const char *name,
                                          size_t length)
{
    const struct option_row *found = NULL;
    bool several = false;

    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];

        if (!belongs(parse, row) || strncmp(row->name, name, length) != 0)
            continue;
        if (row->name[length] == '\0')
            return row;
        several = found != NULL;
        found = row;
    }
    if (found != NULL && length > 0 && !several)
        return found;
    say_no_option(parse, name, length, several);
    return NULL;
}

static const struct option_row *find_short(const struct parse *parse, char letter)
{
    for (size_t i = 0; i < option_count; i++) {
        if (belongs(parse, &option_rows[i]) && option_rows[i].letter == letter)
            return &option_rows[i];
    }
    message_usage("-%c: unknown option", letter);
    return NULL;
}

/* value: what stands in the same argument; NULL: nothing does. */
static bool take(struct parse *parse, const struct option_row *row, const char *value)
{
    if (row->value == NULL && value != NULL) {
        message_usage("--%s takes no value", row->name);
        return false;
    }
    if (row->value != NULL && value == NULL) {
        value = *parse->next;
        if (value == NULL) {
            message_usage("--%s needs a value: %s", row->name, row->value);
            return false;
        }
        parse->next++;
    }
    return row->take(parse->settings, value);
}

static bool take_option(struct parse *parse, const char *word)
{
    bool is_long = word[1] == '-';
    size_t length = is_long ? strcspn(word + 2, "=") : 1;
    const struct option_row *row =
        is_long ? find_long(parse, word + 2, length) : find_short(parse, word[1]);
    const char *rest = is_long ? word + 2 + length : word + 2;

    if (row == NULL)
        return false;
    return take(parse, row, *rest == '\0' ? NULL : rest + is_long);
}

/* "-" is no option but a file. */
static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

/* False where there was a message. The arguments are gathered where argv began. */
static bool take_all(struct parse *parse, char **argv)
{
    char **end = argv;
    bool only_arguments = false;

    while (*parse->next != NULL && parse->settings->show == SHOW_NOTHING) {
        char *word = *parse->next++;

        if (!only_arguments && strcmp(word, "--") == 0) {
            only_arguments = true;
        } else if (!only_arguments && is_option(word)) {
            if (!take_option(parse, word))
                return false;
        } else {
            *end++ = word;
            /* The options of a program that is to be run are its own. */
            only_arguments |= parse->command->runs_program;
        }
    }
    *end = NULL;
    parse->settings->arguments = argv;
    parse->settings->argument_count = (size_t)(end - argv);
    return true;
}

static int show(const struct command *command, const struct settings *settings)
{
    if (settings->show == SHOW_HELP)
        options_help(stdout, command);
    else
        puts("dlpin " DLPIN_VERSION);
    return fflush(stdout) == 0 && !ferror(stdout) ? STATUS_GOOD : command->usage_status;
}

int options_parse(const struct command *command, int argc, char **argv, struct settings *settings)
{
    struct parse parse = {.command = command, .settings = settings, .next = argv + (argc > 0)};

    *settings = settings_default();
    if (!take_all(&parse, argv))
        return command->usage_status;
    if (settings->show != SHOW_NOTHING)
        return show(command, settings);
    if (!settings_check(settings))
        return command->usage_status;
    if (settings->argument_count >= command->fewest && settings->argument_count <= command->most)
        return -1;
    message_usage("%s", command->missing);
    return command->usage_status;
}
