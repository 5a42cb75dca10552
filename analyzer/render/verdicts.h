// SPDX-License-Identifier: MIT
/* The table of dlpin try: a line for each library. */
#ifndef DLPIN_ANALYZER_RENDER_VERDICTS_H
#define DLPIN_ANALYZER_RENDER_VERDICTS_H

#include "render/report.h"

/* Nothing where the report has no verdicts. */
void put_verdicts(FILE *out, const struct report *report, bool color);

#endif
