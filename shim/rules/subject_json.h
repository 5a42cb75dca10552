// SPDX-License-Identifier: MIT
/* Members of "subject" that several classes have. */
#ifndef DLPIN_RULES_SUBJECT_JSON_H
#define DLPIN_RULES_SUBJECT_JSON_H

#include "base/text.h"
#include "rules/finding.h"

/* The thread's number and name. */
void subject_thread(struct text *text, const struct finding *finding);

/* The address by this name, and where it leads. */
void subject_address(struct text *text, const struct finding *finding, const char *name);

#endif
