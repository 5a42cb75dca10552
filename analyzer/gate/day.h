// SPDX-License-Identifier: MIT
/* A day as the number YYYYMMDD, so that days are compared with <; 0 is none. */
#ifndef DLPIN_ANALYZER_DAY_H
#define DLPIN_ANALYZER_DAY_H

#include <stddef.h>

/* YYYY-MM-DD, of this length; 0 where it is no day of the calendar. */
int day_parse(const char *text, size_t length);

/* The machine's, where it stands. */
int day_today(void);

#endif
