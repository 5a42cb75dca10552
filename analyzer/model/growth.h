// SPDX-License-Identifier: MIT
/*
 * The growth of a finding with each load of its module, in the process of a group's shown finding:
 * figures of several processes have no common rate.
 */
#ifndef DLPIN_ANALYZER_GROWTH_H
#define DLPIN_ANALYZER_GROWTH_H

#include "model/model.h"

struct growth {
    int64_t loads;    /* from the first that left something to the last; 0: too few for a rate */
    int64_t things;   /* that they left; a load leaves things / loads of them */
    int64_t bytes;    /* what one load leaves, with what hangs off it; RECORD_ABSENT: not memory */
    int64_t blocks;   /* likewise */
    int64_t keys_end; /* loads until pthread_key_create fails; RECORD_ABSENT: this takes no keys */
};

/* The keys that each module takes in the process: what growth_of() needs. One pass, once its
 * findings are there. */
void growth_collect(struct process *process);
void growth_forget(struct process *process);

struct growth growth_of(const struct group *group);

#endif
