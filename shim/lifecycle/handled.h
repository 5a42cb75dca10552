// SPDX-License-Identifier: MIT
/*
 * The crash that a handler of the program's own is at work on: servers write a report of theirs,
 * and then raise, abort, exit or _exit. Until then the frame that the kernel made for the handler
 * lies further up on the thread's stack, with all that it said of the crash.
 *
 * The frame is found by its return address, which leads to code that does nothing but return from a
 * signal; no unwind table of the handler is needed, and the handler may have a stack of its own.
 */
#ifndef DLPIN_LIFECYCLE_HANDLED_H
#define DLPIN_LIFECYCLE_HANDLED_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/* As the kernel hands it to a handler. */
struct delivery {
    siginfo_t info;
    const ucontext_t *context;
};

/* From a stack pointer of the calling thread upwards: the innermost signal, which is a crash if
 * nothing lies where the thread was. False: there is none, or the processor is not x86-64. Inside
 * the guard. */
bool handled_find(uintptr_t sp, struct delivery *delivery);

#endif
