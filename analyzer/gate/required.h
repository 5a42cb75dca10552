// SPDX-License-Identifier: MIT
/* --require: what must have been seen for a gate to pass. */
#ifndef DLPIN_ANALYZER_REQUIRED_H
#define DLPIN_ANALYZER_REQUIRED_H

#include "model/model.h"

struct required {
    bool heap;       /* the heap blocks */
    size_t unloaded; /* so many modules; 0: nothing is required */
};

/* NULL where it was, else the requirement that is not met; to be freed. */
char *required_failure(const struct required *required, const struct model *model, bool heap_seen);

#endif
