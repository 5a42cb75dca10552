// SPDX-License-Identifier: MIT
/*
 * Finds the crash that a handler of the program is handling: servers write a report of their own,
 * and then raise, abort, exit or _exit. Until then the frame that the kernel made for the handler
 * lies further up on the thread's stack, with all data about the crash.
 *
 * The frame is found by its return address, which leads to code that does nothing but return from a
 * signal; no unwind table of the handler is needed, and the handler may have a stack of its own. An
 * earlier frame, of a handler that has jumped out, may lie in memory that a function has not
 * written to yet: where unwinding leads past it, it does not count.
 */
#ifndef DLPIN_LIFECYCLE_HANDLED_H
#define DLPIN_LIFECYCLE_HANDLED_H

#include "ownership/caller_words.h"
#include "ownership/cfi.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/* As the kernel hands it to a handler. */
struct delivery {
    siginfo_t info;
    const ucontext_t *context;
    uintptr_t frame; /* on the stack; 0: the handler is one of ours */
};

/* The frame that the kernel makes for a handler, from the address to which the handler returns. */
enum { HANDLED_FRAME_BYTES = 440 };
struct signal_frame {
    uintptr_t words[HANDLED_FRAME_BYTES / sizeof(uintptr_t)];
};

/* How much of a stack is searched: of the handler and what it calls. */
enum { HANDLED_STACK_MAX = 256 << 10 };

/* True for the address to which a handler returns. */
bool handled_is_frame(uintptr_t word);

/* `delivery` keeps a pointer into `frame`. */
void handled_take(const struct signal_frame *frame, struct delivery *delivery);

/* Signals that the calling thread handles, innermost first. */
struct handled {
    uintptr_t at, end; /* the words that are not searched yet */
    struct caller_words stack;
    struct cfi_frame frame; /* unwound until here */
    struct caller_words unwound;
    unsigned steps;
    enum cfi_outcome outcome; /* STEPPED: it may lead further */
};

/* Searches upwards from a frame of the calling thread of which what is known is set, its stack
 * pointer at least. */
struct handled handled_from(const struct cfi_frame *frame);

/* The next one; it is a crash if nothing is mapped where the thread was. False: there is none, or
 * the processor is not x86-64. Inside the guard. */
bool handled_next(struct handled *handled, struct delivery *delivery);

/* True if unwinding has led to the one that was found last. */
bool handled_is_certain(const struct handled *handled);

#endif
