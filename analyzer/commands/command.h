// SPDX-License-Identifier: MIT
/*
 * A command of dlpin: its words for the overview and its help, how many arguments it takes beside
 * options (options/options.h), and its function, which gets what the command line says and returns
 * the exit status.
 */
#ifndef DLPIN_ANALYZER_COMMAND_H
#define DLPIN_ANALYZER_COMMAND_H

#include "options/options.h"

#include <limits.h>

struct command {
    const char *name;
    const char *summary;                /* a line for the overview */
    const char *usage;                  /* lines after "Usage: " */
    const char *about;                  /* a paragraph, not wrapped */
    const char *statuses;               /* what its exit status means */
    const char *missing;                /* said where the number of arguments is wrong */
    const char *argument;               /* as the value of an option is called, for completions */
    const char *(*word)(size_t number); /* the words that it may be, as those of a value; or NULL */
    size_t fewest, most;                /* arguments */
    unsigned in;                        /* its bit in option_row.commands */
    int usage_status;                   /* of bad usage */
    bool runs_program; /* its first argument is a program, whose options are its own */
    int (*run)(struct settings *settings);
};

enum { ANY_NUMBER = INT_MAX };

extern const struct command command_run, command_report, command_check, command_diff, command_try,
    command_leaks, command_why, command_completions;

/* All commands; ends with NULL. */
extern const struct command *const commands[];

enum {
    STATUS_GOOD = 0,
    STATUS_FINDINGS =
        1, /* check, diff: something gates; leaks: something is left; why: not mapped */
    STATUS_TROUBLE = 2,       /* bad usage, or input that cannot be read */
    STATUS_GATED = 23,        /* run --gate: findings, unless --error-exitcode says otherwise */
    STATUS_NOTHING_SEEN = 24, /* run: what was asked for could not be seen, or not be written */
    STATUS_RUN_FAILED = 125,  /* run itself failed; 126 and 127 are those of env(1) */
};

/* Says why a gate fails, and frees the text; returns `status`. NULL: STATUS_GOOD. */
int command_fail(char *failure, int status);

#endif
