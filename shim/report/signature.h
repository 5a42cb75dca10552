// SPDX-License-Identifier: MIT
/* By what findings are grouped. */
#ifndef DLPIN_REPORT_SIGNATURE_H
#define DLPIN_REPORT_SIGNATURE_H

#include "base/text.h"
#include "rules/finding.h"

/* The same for findings of the same kind, module identity and code, in whatever process and load.
 * No locks; may read files for names. */
void make_signature(struct text *text, const struct finding *finding);

#endif
