// SPDX-License-Identifier: MIT
/*
 * A process that tries a library. The pool (pool.h) starts it, reads its output and reaps it, and
 * waits for many of them at once.
 *
 * The process has a session of its own, /dev/null as standard input, its own working folder, and
 * dumps no core. Its output comes through a pipe. The process is killed when dlpin ends.
 */
#ifndef DLPIN_ANALYZER_ATTEMPT_H
#define DLPIN_ANALYZER_ATTEMPT_H

#include "try/trial.h"

#include <signal.h>

/* The same for all attempts. */
struct attempt_plan {
    const struct try_plan *plan;
    const char *driver;  /* ours or the user's */
    const char *preload; /* LD_PRELOAD */
    const char *extra;   /* --options, or NULL */
    sigset_t mask;       /* the signal mask that dlpin was started with */
};

struct running {
    struct attempt *attempt;
    pid_t pid; /* 0: nothing runs */
    int output;
    int64_t deadline; /* milliseconds of the monotonic clock */
    char *work;       /* the working folder */
};

/* False where there was no process to be had; attempt->error says why. */
bool attempt_start(struct running *running, const struct attempt_plan *plan,
                   const struct trial *trial, enum try_mode mode, struct attempt *attempt,
                   const char *folder);

/* Takes what it has printed; false at the end of that. */
bool attempt_listen(struct running *running);
/* The time limit is over, or dlpin is to end. */
void attempt_kill(struct running *running);
/* Has it ended? Then its end is in the attempt, and running is free again. */
bool attempt_reap(struct running *running);

#endif
