// SPDX-License-Identifier: MIT
/*
 * Restarts the system call that a signal of ours interrupts, so that the program notices nothing.
 *
 * The kernel begins some calls anew after a handler has run (SA_RESTART), and lets others fail with
 * EINTR; a program that waits for ever in epoll_wait, or sleeps until a point in time, would
 * notice. Those are begun anew here, by setting the thread back to the instruction (x86-64; on
 * aarch64 the first argument is lost by then). The sender of the signal decides which call may be
 * begun anew without losing anything.
 *
 * If meanwhile another signal has come for the thread, the call must fail after all, for the
 * program may count on it: its handler sets a flag, and the loop around the call checks it. Between
 * this check and the return into the program is the same gap as before every such call in the
 * program.
 */
#ifndef DLPIN_LIFECYCLE_RESUME_H
#define DLPIN_LIFECYCLE_RESUME_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

struct waiting {
    unsigned call; /* the number of the system call that the thread was seen in, */
    uintptr_t pc;  /* and the instruction after it */
    bool may_begin_anew;
};

/* At the end of the handler, with all signals blocked. */
void resume_call(ucontext_t *context, const struct waiting *waiting);

#endif
