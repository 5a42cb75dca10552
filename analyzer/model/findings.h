// SPDX-License-Identifier: MIT
/*
 * Findings as they are read: what each keeps, and which of them keep their records. For model.c;
 * model.h says what a finding is.
 */
#ifndef DLPIN_ANALYZER_FINDINGS_H
#define DLPIN_ANALYZER_FINDINGS_H

#include "model/model.h"

/* Takes the record over. NULL, or why it contradicts an earlier one: a new string. */
char *findings_add(struct model *model, struct process *process, struct record *record);
/* Has no effect where the finding was lost with a damaged line. */
void findings_resolve(struct model *model, struct process *process,
                      const struct resolved_record *resolved);

/* Reads the record again of a finding that did not keep it. False, after a message, where its file
 * says something else by now; that file counts as unreadable. */
bool findings_recall(struct model *model, struct finding *finding);
/* The same of those that predicted a crash. */
void findings_recall_predictions(struct model *model);

void findings_free(struct model *model);

#endif
