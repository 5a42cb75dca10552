// SPDX-License-Identifier: MIT
/* Findings of one signature become one group. For model.c only; model.h says what a group is. */
#ifndef DLPIN_ANALYZER_GROUPS_H
#define DLPIN_ANALYZER_GROUPS_H

#include "model/model.h"

void groups_add(struct model *model, struct finding *finding);
/* Each group has the record of the finding that speaks for it. */
void groups_recall(struct model *model);
/* Counts the groups and sorts them. */
void groups_finish(struct model *model);
/* Makes signatures, groups by these, and finishes these groups. */
void groups_sign(struct model *model);
/* The severest first, then by module and kind. */
void groups_sort(struct model *model);
void groups_free(struct model *model);

#endif
