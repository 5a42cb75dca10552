// SPDX-License-Identifier: MIT
/*
 * A command of dlpin: a name, a line for the overview, its help, and its function, which gets its
 * own arguments (argv[0] is the command's name) and returns the exit status. The table is in
 * main.c.
 */
#ifndef DLPIN_ANALYZER_COMMAND_H
#define DLPIN_ANALYZER_COMMAND_H

struct command {
    const char *name;
    const char *summary;
    const char *help;
    int (*run)(int argc, char **argv);
};

extern const struct command command_run, command_report, command_check, command_leaks, command_why;

enum {
    STATUS_GOOD = 0,
    STATUS_FINDINGS = 1, /* check: something gates; leaks: something is left; why: not mapped */
    STATUS_TROUBLE = 2,  /* report, check: bad usage, or input that cannot be read */
    STATUS_GATED = 23,   /* run --gate: findings, unless --error-exitcode says otherwise */
    STATUS_NOTHING_SEEN = 24, /* run: a gate that saw nothing is not green */
    STATUS_RUN_FAILED = 125,  /* run itself failed; 126 and 127 are those of env(1) */
};

#endif
