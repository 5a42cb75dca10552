// SPDX-License-Identifier: MIT
/*
 * The two variables that the program gets. Both keep what was set before: the user's own preloads
 * come after ours, the user's own options before ours (the last one of a name holds).
 */
#ifndef DLPIN_ANALYZER_ENVIRONMENT_H
#define DLPIN_ANALYZER_ENVIRONMENT_H

#include <stdbool.h>

/* A new string. sanitizer is the run time that has to come first, or NULL. */
char *environment_preload(const char *library, const char *sanitizer);

struct environment_choices {
    const char *extra; /* --options, or NULL */
    bool trace_children;
    const char *skip;  /* --trace-children-skip, or NULL */
    const char *alias; /* --alias, or NULL */
};

/* A new string. directory is where the report files go. */
char *environment_options(const struct environment_choices *choices, const char *directory);

#endif
