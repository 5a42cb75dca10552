// SPDX-License-Identifier: MIT
/*
 * The words of the calling thread's own stack. They are read in place as far as the stack is known
 * to be mapped, and else only after the kernel has confirmed that they can be read: a wrong table
 * ends a walk and does no harm. In any phase, without a lock.
 */
#ifndef DLPIN_OWNERSHIP_CALLER_WORDS_H
#define DLPIN_OWNERSHIP_CALLER_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* Words in [low, high) can be read. */
struct caller_words {
    uintptr_t low, high;
};

/* The stack that the calling thread uses now; `sp` is its stack pointer. */
struct caller_words caller_words_at(uintptr_t sp);

/* A word of it, or of whatever else can be read. Grows upwards by what it reads. */
bool caller_words_read(struct caller_words *words, uintptr_t at, uintptr_t *word);

/* The caller's frame begins at `sp`, whose last word was read: perhaps on another stack. */
void caller_words_follow(struct caller_words *words, uintptr_t sp);

#endif
