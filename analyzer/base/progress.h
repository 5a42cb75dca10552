// SPDX-License-Identifier: MIT
/*
 * One line on standard error that says how far something has come, if that is a terminal and it
 * takes longer than a second. Messages (message.h) take it away first, and so must whoever else
 * writes to the terminal.
 */
#ifndef DLPIN_ANALYZER_PROGRESS_H
#define DLPIN_ANALYZER_PROGRESS_H

#include <stdint.h>

/* `done` of `all` bytes of the file are read; all may be 0, for nobody knows. To be called often:
 * it is cheap. The first call begins the time. */
void progress_show(const char *path, uint64_t done, uint64_t all);
/* Takes the line away. */
void progress_clear(void);

#endif
