// SPDX-License-Identifier: MIT
#include "model/steps.h"

#include "base/memory.h"

#include <stdlib.h>

enum { STEPS_MAX = 64 };

void steps_add(struct steps *steps, struct growth_step step)
{
    if (steps->count == STEPS_MAX) {
        steps->count = 0;
        for (size_t i = 0; i < STEPS_MAX; i += 2)
            steps->items[steps->count++] = steps->items[i];
    }
    ARRAY_PUSH(steps->items, steps->count, step);
}

void steps_clear(struct steps *steps)
{
    free(steps->items);
    steps->items = NULL;
    steps->count = 0;
}
