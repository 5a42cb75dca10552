// SPDX-License-Identifier: MIT
/*
 * Finds the crashes that other threads are handling: a handler may leave it to another thread to
 * end the process, and wait meanwhile. Nothing is stopped: threads that may be in a handler and do
 * not stand still are waited for a little, all together. Of one that runs on, the whole stack is
 * searched, but not that of the process's first thread, nor an alternate signal stack.
 *
 * The frame of a signal counts if unwinding leads to it, or where it leads nowhere (as in a thread
 * that runs) but the thread blocks the signal, as in a handler. It may be an old one else
 * (lifecycle/handled.h).
 */
#ifndef DLPIN_LIFECYCLE_HANDLED_ELSEWHERE_H
#define DLPIN_LIFECYCLE_HANDLED_ELSEWHERE_H

#include "lifecycle/handled.h"

#include <stddef.h>
#include <sys/types.h>

struct handled_elsewhere {
    pid_t tid;
    struct delivery delivery; /* its context lies in `frame` */
    struct signal_frame frame;
};

/* At most `max` of them; returns how many. Takes the check lock; inside the guard, on a stack of
 * ours. */
size_t handled_find_elsewhere(struct handled_elsewhere *found, size_t max);

#endif
