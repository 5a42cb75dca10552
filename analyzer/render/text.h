// SPDX-License-Identifier: MIT
/* Parts of the text report that other formats have, too. */
#ifndef DLPIN_ANALYZER_TEXT_H
#define DLPIN_ANALYZER_TEXT_H

#include "render/report.h"

void put_group(FILE *out, const struct group *group, bool color);

/* Lines about what limits the report, and what is not shown. */
void put_limits_of_report(FILE *out, const struct report *report);

/* The line that sums it up. */
void put_total(FILE *out, const struct report *report);

#endif
