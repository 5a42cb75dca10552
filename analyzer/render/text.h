// SPDX-License-Identifier: MIT
/* The part of the text report that other formats have, too. */
#ifndef DLPIN_ANALYZER_TEXT_H
#define DLPIN_ANALYZER_TEXT_H

#include "render/report.h"

void put_group(FILE *out, const struct group *group, bool color);

#endif
