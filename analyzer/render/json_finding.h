// SPDX-License-Identifier: MIT
/* A finding in the JSON report. */
#ifndef DLPIN_ANALYZER_JSON_FINDING_H
#define DLPIN_ANALYZER_JSON_FINDING_H

#include "model/model.h"

#include <jansson.h>

json_t *finding_value(const struct group *group);

#endif
