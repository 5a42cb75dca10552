// SPDX-License-Identifier: MIT
/*
 * The parts of a finding's record that differ from kind to kind: its subject, and the signature. No
 * locks; may read files for names.
 */
#ifndef DLPIN_REPORT_PARTS_H
#define DLPIN_REPORT_PARTS_H

#include "base/text.h"
#include "rules/finding.h"

/* "subject", by the type of the finding's object. */
void record_subject(struct text *text, const struct finding *finding);

/* The same for findings of the same kind, module identity and code, in whatever process and load.
 */
void make_signature(struct text *text, const struct finding *finding);

#endif
