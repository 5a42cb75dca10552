// SPDX-License-Identifier: MIT
/* A gate is not green where a process, or a part of its report, was missed. */
#ifndef DLPIN_ANALYZER_UNWATCHED_H
#define DLPIN_ANALYZER_UNWATCHED_H

#include "model/model.h"

/* Facts beside the model; of a run, whose program exited with 0. */
struct watching {
    /* The program itself. NULL: only report files are there, and each process counts that none of
     * the others started. */
    const struct process *root;
    size_t spoiled;           /* report files that could not be written whole */
    const char *full;         /* the folder of the reports, where its disk is full; or NULL */
    bool unfollowed_are_good; /* --unwatched=ok */
};

/* NULL where all was watched, else what was not; to be freed. */
char *unwatched_failure(const struct watching *watching, const struct model *model);

#endif
