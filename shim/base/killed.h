// SPDX-License-Identifier: MIT
/*
 * Children of this process that died of a signal, by signal: for the coverage record. Such a child
 * may have left no report.
 *
 * No lock and no memory: any thread, also in a signal handler.
 */
#ifndef DLPIN_BASE_KILLED_H
#define DLPIN_BASE_KILLED_H

#include <stdbool.h>

enum { KILLED_SIGNALS = 64 };

void killed_note(int signal);

bool killed_any(void);

/* How many died of it; 0 also where there is no such signal. */
unsigned killed_count(int signal);

/* In a fork child: these are its parent's children. */
void killed_fork_child(void);

#endif
