// SPDX-License-Identifier: MIT
/*
 * Where a finding belongs while files are read, when nothing has a name yet: findings of one kind
 * and of the same places in the same files. For model.c and findings.c; model.h says what a place
 * is.
 */
#ifndef DLPIN_ANALYZER_PLACES_H
#define DLPIN_ANALYZER_PLACES_H

#include "model/model.h"

struct place *places_need(struct model *model, const struct process *process,
                          const struct finding_record *data);
void places_free(struct model *model);

#endif
