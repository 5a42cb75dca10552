// SPDX-License-Identifier: MIT
/* How often a finding had come, each time that a record said so: its growth over the loads of its
 * module. Of a finding of one record there are none. */
#ifndef DLPIN_ANALYZER_STEPS_H
#define DLPIN_ANALYZER_STEPS_H

#include <stddef.h>
#include <stdint.h>

struct growth_step {
    int64_t time, load, count;
};

/* Their number is bounded: of many, every second one is kept, so that they still span all loads. */
struct steps {
    struct growth_step *items;
    size_t count;
};

void steps_add(struct steps *steps, struct growth_step step);
void steps_clear(struct steps *steps);

#endif
