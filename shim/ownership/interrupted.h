// SPDX-License-Identifier: MIT
/*
 * The frame that a signal handler of ours interrupted. While a request is served, that frame is
 * where the serving thread's own stack begins: the handler's frames below it hold old pointers of
 * the shim's own work, and registers that a call may change hold old ones of the program.
 */
#ifndef DLPIN_OWNERSHIP_INTERRUPTED_H
#define DLPIN_OWNERSHIP_INTERRUPTED_H

#include "ownership/cfi.h"

#include <ucontext.h>

struct interrupted {
    const ucontext_t *context;
    long call; /* the number of the system call in which the thread waits */
};

/* With all registers. */
struct cfi_frame interrupted_frame(const ucontext_t *context);

/* The arguments of a system call that the thread waits in. */
enum { INTERRUPTED_ARGUMENTS = 6 };
void interrupted_arguments(const ucontext_t *context, uintptr_t arguments[INTERRUPTED_ARGUMENTS]);

#endif
