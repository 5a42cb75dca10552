// SPDX-License-Identifier: MIT
/* The end of the process, or of our part in it. Inside the guard, without any of our locks, unless
 * a function says otherwise. */
#ifndef DLPIN_LIFECYCLE_ENDING_H
#define DLPIN_LIFECYCLE_ENDING_H

#include <stdbool.h>

/* The process image ends for the reason `ended`, with the status 0 or another one. The loader's
 * list is not read any more: another thread may hold its lock for good. */
void lifecycle_finish(const char *ended, bool is_well);

/* The process begins to exit: what is true now counts. */
void lifecycle_exit(void);

/* True if exit's begin and end have nothing to check or to write: they need little stack then. */
bool lifecycle_ends_silently(void);

/*
 * The program is about to confine itself: a seccomp filter may kill it for system calls that it
 * does not need, and only a call shows which ones these are. The report is finished; from then on
 * calls only pass through, and no system call is made.
 */
void lifecycle_confine(void);

/* From now on calls only pass through. Also outside of the guard. */
void lifecycle_leave(void);

/* Leaves, too, if there is a filter already: the report has no end then. */
void lifecycle_watch_filters(void);

/* The exit status: `status`, or that of exitcode=. */
int lifecycle_exit_status(int status);

#endif
