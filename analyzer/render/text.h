// SPDX-License-Identifier: MIT
/* Parts of the text report that other formats have, too. */
#ifndef DLPIN_ANALYZER_TEXT_H
#define DLPIN_ANALYZER_TEXT_H

#include "render/report.h"

/* The line that sums it up. */
void put_total(FILE *out, const struct report *report);

#endif
