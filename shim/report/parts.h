// SPDX-License-Identifier: MIT
/*
 * The parts of a finding's record that differ from kind to kind: what it is about, the way to it,
 * and the signature. No locks; may read files for names.
 */
#ifndef DLPIN_REPORT_PARTS_H
#define DLPIN_REPORT_PARTS_H

#include "base/text.h"
#include "rules/finding.h"

/* "subject", by the type of the finding's object. */
void record_subject(struct text *text, const struct finding *finding);

/* "path"; nothing where there is none. */
void record_path(struct text *text, const struct finding *finding);

/* Members of the thread that a way begins in; nothing where it is in none. */
void record_step_thread(struct text *text, const struct path_step *step);

extern const char *const root_names[ROOT_KINDS];
extern const char *const target_names[];

/* The same for findings of the same kind, module identity and code, in whatever process and load.
 */
void make_signature(struct text *text, const struct finding *finding);

#endif
