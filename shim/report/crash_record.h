// SPDX-License-Identifier: MIT
/*
 * The record of a process that dies at an address of an unloaded module: which module, where in it,
 * how the process came there, and which finding predicted it.
 *
 * Functions here take the report lock and, below it, modules and arena. Inside the guard. They are
 * called from a signal handler on a stack that may be small, above code of the program that holds
 * none of our locks.
 */
#ifndef DLPIN_REPORT_CRASH_RECORD_H
#define DLPIN_REPORT_CRASH_RECORD_H

#include "ownership/stack.h"

#include <sys/types.h>

struct crash {
    int signal;
    struct frame place; /* in the unloaded module */
    bool is_access;     /* that was read or written, and not run */
    pid_t tid;
    struct stack *stack; /* from the instruction that failed; NULL: nothing is known of it */
};

/* True if a finding names this very address. */
bool crash_is_foretold(const struct crash *crash);

/* Writes counts that are not in the file yet, the record, and the lines on standard error. */
void crash_report(const struct crash *crash);

#endif
