// SPDX-License-Identifier: MIT
/*
 * Groups with one cause are one finding for people, machines and gates: the first speaks for the
 * others (group.cause). Each keeps its signature, so that baselines and suppressions still name
 * them one by one; a hidden group has no part in this.
 *
 * One cause have, of one kind, verdict, severity and module:
 * - pointers to one function of the module, whatever holds them: it was handed out, and never taken
 *   back;
 * - pointers in what the module registered with one call of a library, and that one variable leads
 *   to: 200 types are as many calls of one function;
 * - blocks that are held by the same variable through the same last step that is not the module's.
 *
 * Lost blocks have none: nothing leads to them, and each function that loses some is to be mended.
 */
#ifndef DLPIN_ANALYZER_CAUSES_H
#define DLPIN_ANALYZER_CAUSES_H

#include "model/model.h"

/* Once groups are sorted and it is known which are hidden. It may be called again. */
void causes_join(struct model *model);

#endif
