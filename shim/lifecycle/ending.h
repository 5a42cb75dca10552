// SPDX-License-Identifier: MIT
/* The end of the process, or of our part in it. Inside the guard, without any of our locks, unless
 * a function says otherwise. */
#ifndef DLPIN_LIFECYCLE_ENDING_H
#define DLPIN_LIFECYCLE_ENDING_H

#include <stdbool.h>

/* The image ends for the reason `ended`. The loader's list is not read any more: another thread may
 * hold its lock for good. */
void lifecycle_finish(const char *ended);

/* Neither that exit begins nor the end has anything to check or to write: they need little stack
 * then. */
bool lifecycle_ends_silently(void);

/* The program aborts: as much is said of it as of a crash. */
void lifecycle_aborting(void);

/*
 * The program is about to confine itself: a seccomp filter may kill it for system calls that it
 * does not need, and nobody can ask which ones these are without making them. The report is
 * finished; from then on calls only pass through, and no system call is made.
 */
void lifecycle_confine(void);

/* From now on calls only pass through. Also outside of the guard. */
void lifecycle_leave(void);

/* Leaves, too, where a filter is found to be there already: the report has no end then. */
void lifecycle_watch_filters(void);

/* The exit status: `status`, or what exitcode= says. */
int lifecycle_exit_status(int status);

#endif
