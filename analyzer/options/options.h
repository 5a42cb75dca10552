// SPDX-License-Identifier: MIT
/*
 * The options of all commands: one table, from which parsing, help, and completions for shells are
 * made. An option of a command is a row in table.c and its entry in dlpin(1); a test compares the
 * two.
 */
#ifndef DLPIN_ANALYZER_OPTIONS_H
#define DLPIN_ANALYZER_OPTIONS_H

#include "options/settings.h"

#include <stddef.h>
#include <stdio.h>

/* The commands that have an option. */
enum {
    IN_RUN = 1 << 0,
    IN_REPORT = 1 << 1,
    IN_CHECK = 1 << 2,
    IN_LEAKS = 1 << 3,
    IN_WHY = 1 << 4,
    IN_DIFF = 1 << 5,
    IN_COMPLETIONS = 1 << 6,
    IN_TRY = 1 << 7,
    IN_ALL = (1 << 8) - 1,
    /* The commands that read whole reports. */
    IN_READERS = IN_RUN | IN_REPORT | IN_CHECK | IN_DIFF | IN_TRY,
};

struct option_row {
    char letter;       /* of the short form, or 0 */
    const char *name;  /* of the long form */
    const char *value; /* as help calls it, and completions know it; NULL: it takes none */
    unsigned commands;
    /* False, after a message, for a value that is wrong. */
    bool (*take)(struct settings *settings, const char *value);
    const char *help;
    /* The words that the value is one of, or a LIST is made of: that of each number, NULL after the
     * last. Or NULL. */
    const char *(*word)(size_t number);
};

extern const struct option_row option_rows[];
extern const size_t option_count;

struct command;

/*
 * -1: settings has all that argv says, and its arguments; else the exit status, after help or a
 * message. argv[0] is the command's name; the order of argv changes, and settings borrows from it.
 * settings_clear() in either case.
 */
int options_parse(const struct command *command, int argc, char **argv, struct settings *settings);

/* The help of a command: its own text and its options. */
void options_help(FILE *out, const struct command *command);

/* A script for "bash" or "zsh"; false for another shell. The list ends with NULL. */
bool options_complete(FILE *out, const char *shell, const struct command *const *list);

#endif
