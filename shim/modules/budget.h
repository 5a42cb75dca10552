// SPDX-License-Identifier: MIT
/*
 * When deferred work (modules/work.h) is done, and how long the program waits for it: one budget
 * of the process's time, and one table of rules, by occasion and work.
 *
 * Each process spends a little whatever it costs; then a share of its time counts. The first is
 * processor time: on a busy machine the same work costs the same, so that small programs miss
 * nothing. The second is elapsed time, of what is spent and of the process.
 *
 * Under the check lock, unless a function says otherwise.
 */
#ifndef DLPIN_MODULES_BUDGET_H
#define DLPIN_MODULES_BUDGET_H

#include "modules/work.h"

#include <stdint.h>

enum moment {
    MOMENT_EVENT,   /* a module was loaded or unloaded, and is only noted */
    MOMENT_CLOSING, /* a dlclose begins */
    MOMENT_UNLOADED,
    MOMENT_LOADING, /* a dlopen begins: a range may be used again */
    MOMENT_REQUEST, /* somebody waits for the answer */
    MOMENT_EXIT,    /* exit() begins, or the process ends */
    MOMENT_DEATH,   /* by a signal */
};

/* The process has started. */
void budget_start(void);

/* True if work that is expected to take `expected` nanoseconds may be done now. No lock is needed
 * for work of the process. */
bool budget_allows(enum moment moment, enum work work, uint64_t expected);

/* Work of this kind is done now: some is not done again for a while. */
void budget_note_done(enum work work);

/* Nanoseconds that the program waits for the end of such work; `is_large`: which is expected to
 * take long. */
uint64_t budget_patience(enum moment moment, enum work work, bool is_large);

/* Measures work: begin, and what was spent since. Returns the time of a
 * processor. */
struct budget_stamp {
    uint64_t elapsed, processor;
};
struct budget_stamp budget_begin(void);
uint64_t budget_end(struct budget_stamp begun);

/* The same of work that was measured elsewhere. */
void budget_spend(uint64_t nanoseconds);

#endif
