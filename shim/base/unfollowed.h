// SPDX-License-Identifier: MIT
/*
 * Programs that this process started and that the library does not come into: for the coverage
 * record.
 *
 * No lock and no memory: any thread, also in a child of vfork(2), whose notes its parent has, and
 * in a signal handler.
 */
#ifndef DLPIN_BASE_UNFOLLOWED_H
#define DLPIN_BASE_UNFOLLOWED_H

#include "report/report_format.h"

#include <stdbool.h>

/* Returns a number for unfollowed_forget, or -1. */
int unfollowed_note(const char *program, enum unfollowed why);

/* The program was not started after all. Ignores -1. */
void unfollowed_forget(int number);

bool unfollowed_any(void);

/* The program with this number, and how often it was started; false: there is none. */
struct unfollowed_program {
    const char *program;
    enum unfollowed why;
    unsigned count; /* may be 0 */
};

bool unfollowed_get(unsigned number, struct unfollowed_program *program);

/* In a fork child. */
void unfollowed_fork_child(void);

#endif
