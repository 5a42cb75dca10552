// SPDX-License-Identifier: MIT
#ifndef DLPIN_ANALYZER_JSON_VERDICTS_H
#define DLPIN_ANALYZER_JSON_VERDICTS_H

#include "render/report.h"

#include <jansson.h>

/* The member "libraries" of the JSON report, of dlpin try only. */
void set_verdicts(json_t *document, const struct report *report);

#endif
