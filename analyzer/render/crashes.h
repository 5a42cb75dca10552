// SPDX-License-Identifier: MIT
/* The crashes of a report, for people: a block for each, in the order in which they were read. */
#ifndef DLPIN_ANALYZER_CRASHES_H
#define DLPIN_ANALYZER_CRASHES_H

#include "model/model.h"
#include "render/style.h"

void put_crash(FILE *out, const struct style *style, const struct crash *crash);
void put_crashes(FILE *out, const struct style *style, const struct model *model);

/* "SIGSEGV", or "signal 11" where the record has no name. The caller frees it. */
char *crash_signal(const struct crash *crash);

#endif
