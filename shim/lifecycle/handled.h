// SPDX-License-Identifier: MIT
/*
 * Finds the crash that a handler of the program is handling: servers write a report of their own,
 * and then raise, abort, exit or _exit. Until then the frame that the kernel made for the handler
 * lies further up on the thread's stack, with all data about the crash.
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

/* Searches upwards from a stack pointer of the calling thread for the innermost signal; this is a
 * crash if nothing is mapped where the thread was. False: there is none, or the processor is not
 * x86-64. Inside the guard. */
bool handled_find(uintptr_t sp, struct delivery *delivery);

#endif
