// SPDX-License-Identifier: MIT
/* A frame in words. */
#ifndef DLPIN_ANALYZER_PLACE_H
#define DLPIN_ANALYZER_PLACE_H

#include "model/model.h"

/* "function at source:line (module+0xoffset)", as far as it is known; a new string, to be freed. */
char *place_text(const struct process *process, const struct frame *frame);

#endif
