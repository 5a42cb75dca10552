// SPDX-License-Identifier: MIT
/*
 * Which thread of a process to ask: one whose system call the signal does not disturb.
 *
 * Best is a call that the kernel begins anew after a handler (read, accept, wait, a futex without a
 * limit), or one that can be set back to its beginning without losing anything (epoll_wait for
 * ever, a sleep until a point in time): libdlpin.so does that. Not disturbed are, unless forced:
 * calls with a span of time that would begin anew, which would fail with EINTR, and threads that
 * run.
 */
#ifndef DLPIN_ANALYZER_THREADS_H
#define DLPIN_ANALYZER_THREADS_H

#include "ask/target.h"

#include <stdint.h>

struct chosen {
    pid_t tid;
    uint64_t word; /* si_value of the request: the call that it waits in */
};

/* `turn`: how often one was chosen before; another one comes each time, where there are several.
 * False: there is none. */
bool threads_choose(const struct target *target, bool force, unsigned turn, struct chosen *chosen);

/* Says why none was chosen, and of each thread what it does. */
void threads_explain(const struct target *target, bool force);

#endif
