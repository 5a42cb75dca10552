// SPDX-License-Identifier: MIT
/* A finding's retention path as members of its record. No locks; reads files for names. */
#ifndef DLPIN_RULES_PATH_JSON_H
#define DLPIN_RULES_PATH_JSON_H

#include "base/text.h"
#include "rules/finding.h"

/* "path"; nothing where there is none. */
void path_json(struct text *text, const struct finding *finding);

/* Members of the thread that a path begins in; nothing where it is in none. */
void path_json_thread(struct text *text, const struct path_step *step);

extern const char *const root_names[ROOT_KINDS];
extern const char *const target_names[];

#endif
