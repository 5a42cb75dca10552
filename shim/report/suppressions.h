// SPDX-License-Identifier: MIT
/*
 * The file of the option suppressions=, in the form of dlpin-suppressions(5). Of its lines only
 * those apply whose patterns all match the module; the analyzer applies the others, by names that
 * are not known here. A line that is damaged, or past its day, applies to nothing.
 *
 * Read from one thread, before there are findings; the lines stay until another file is read.
 */
#ifndef DLPIN_REPORT_SUPPRESSIONS_H
#define DLPIN_REPORT_SUPPRESSIONS_H

#include "rules/finding.h"

#include <stdbool.h>

/* today as YYYYMMDD. False: it is no regular file that can be read. */
bool suppressions_read(const char *path, unsigned today);

bool suppressions_match(const struct finding *finding);

/* YYYYMMDD, in UTC: nothing here knows of time zones. */
unsigned suppressions_day(uint64_t seconds_since_1970);

#endif
