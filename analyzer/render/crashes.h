// SPDX-License-Identifier: MIT
/* The crashes of a report, for people: a block for each, in the order in which they were read. */
#ifndef DLPIN_ANALYZER_CRASHES_H
#define DLPIN_ANALYZER_CRASHES_H

#include "model/model.h"

#include <stdbool.h>
#include <stdio.h>

void put_crash(FILE *out, const struct crash *crash, bool color);
void put_crashes(FILE *out, const struct model *model, bool color);

/* "SIGSEGV", or "signal 11" where the record has no name. The caller frees it. */
char *crash_signal(const struct crash *crash);

#endif
