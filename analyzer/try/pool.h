// SPDX-License-Identifier: MIT
/* Runs the attempts of all trials, several processes at once; those of one library one by one. */
#ifndef DLPIN_ANALYZER_POOL_H
#define DLPIN_ANALYZER_POOL_H

#include "try/trial.h"

struct pool_plan {
    const struct try_plan *plan;
    const char *driver;    /* ours */
    const char *library;   /* libdlpin.so */
    const char *extra;     /* --options, or NULL */
    const char *directory; /* where the folders of the attempts go */
    bool progress;         /* on standard error, a terminal */
};

/*
 * 0 when all have ended, or the number of the signal that is to end dlpin: then all that ran are
 * killed. Signals are as before when it returns.
 */
int pool_run(const struct pool_plan *plan, struct trials *trials);

#endif
