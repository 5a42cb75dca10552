// SPDX-License-Identifier: MIT
/* The findings that do not count, and why, for people. */
#ifndef DLPIN_ANALYZER_RENDER_EXCEPTIONS_H
#define DLPIN_ANALYZER_RENDER_EXCEPTIONS_H

#include "render/report.h"

#include <stdio.h>

/* Lines of a finding that is shown all the same. */
void put_exceptions_of(FILE *out, const struct group *group);

/* Lines about all of it. */
void put_exceptions(FILE *out, const struct report *report);

#endif
