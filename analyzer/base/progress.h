// SPDX-License-Identifier: MIT
/*
 * A progress line on standard error, if that is a terminal and the work takes longer than a second.
 * Messages (message.h) erase the line first, and so must all other code that writes to the
 * terminal.
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
