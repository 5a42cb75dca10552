// SPDX-License-Identifier: MIT
/* JUnit XML of dlpin try: a case for each library. */
#ifndef DLPIN_ANALYZER_JUNIT_VERDICTS_H
#define DLPIN_ANALYZER_JUNIT_VERDICTS_H

#include "render/report.h"

void put_junit_verdicts(FILE *out, const struct report *report);

#endif
