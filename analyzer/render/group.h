// SPDX-License-Identifier: MIT
/*
 * The block of a group of findings in the report for people: a headline (severity, module, kind in
 * words, place), the cause, the consequence and the fix, how often and in which process, then the
 * stack and the retention path.
 */
#ifndef DLPIN_ANALYZER_RENDER_GROUP_H
#define DLPIN_ANALYZER_RENDER_GROUP_H

#include "model/model.h"
#include "render/style.h"

void put_group(FILE *out, const struct style *style, const struct group *group);

#endif
