// SPDX-License-Identifier: MIT
/* The table of a text report: what each module left, the worst first. */
#ifndef DLPIN_ANALYZER_BY_MODULE_H
#define DLPIN_ANALYZER_BY_MODULE_H

#include "render/report.h"

/* Nothing where fewer than two findings are shown: the table would repeat the report's sum. */
void put_modules(FILE *out, const struct report *report);

#endif
