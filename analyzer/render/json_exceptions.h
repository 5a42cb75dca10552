// SPDX-License-Identifier: MIT
/* The findings that do not count, and why, as JSON (dlpin-json(5) describes it). */
#ifndef DLPIN_ANALYZER_JSON_EXCEPTIONS_H
#define DLPIN_ANALYZER_JSON_EXCEPTIONS_H

#include "render/report.h"

#include <jansson.h>

/* null for NULL. */
json_t *entry_value(const struct entry *entry);

/* The members "hidden" and "exceptions". */
void set_exceptions(json_t *document, const struct report *report);

#endif
