// SPDX-License-Identifier: MIT
/*
 * Words that lay in a block already when the block was made. malloc gives memory as it is: with
 * pointers that were entered in a block that was freed, perhaps into a module that has been
 * unloaded since. If such a word is still there later, nobody knows whether the program wrote it.
 *
 * Only blocks of some size are read: programs write to all of a small one, and to a part of a pool
 * or of a table with room for more. Of each call site they are read until OLD_WORDS_IN_VAIN in a
 * row had no such word that is new: to read every block would make malloc of 4 KB ten times as
 * slow. From then on only samples are read. When a sample has a new one, or a module comes or goes,
 * all sites begin again.
 *
 * No lock, any phase.
 */
#ifndef DLPIN_REGISTRY_OLD_WORDS_H
#define DLPIN_REGISTRY_OLD_WORDS_H

#include "base/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    OLD_WORDS_LEAST = 128,
    OLD_WORDS_MOST = 128 << 10,
    OLD_WORDS_SITES = 4096, /* sites whose numbers have the same lowest bits share one count */
    OLD_WORDS_IN_VAIN = 255,
};

/* By site: so many blocks are still to be read, if none of them has a new one. Threads count
 * without a lock: one too many is no harm. */
extern HIDDEN uint8_t old_words_due[OLD_WORDS_SITES];

static inline bool old_words_are_due(uint32_t site)
{
    return __atomic_load_n(&old_words_due[site % OLD_WORDS_SITES], __ATOMIC_RELAXED) != 0;
}

/* True for blocks at one in 256 addresses. */
static inline bool old_words_are_sampled(const void *block)
{
    enum { SAMPLED_BITS = 0xff00 };
    return ((uintptr_t)block & SAMPLED_BITS) == 0;
}

/* True for blocks that are worth reading. */
static inline bool old_words_may_be(size_t size)
{
    return size - OLD_WORDS_LEAST <= OLD_WORDS_MOST - OLD_WORDS_LEAST;
}

/* Notes words into places of modules that can be unloaded (modules/territory.h) among the bytes
 * [from, size) of a block that was just made, and that the program has not got yet. The heap map
 * has it already. */
void old_words_note(const void *block, size_t from, size_t size);

/* A module that can be unloaded has come or gone. */
void old_words_expect(void);

/* True if the word lay at this address when the block was made. */
bool old_words_has(uintptr_t block, uint32_t site, uintptr_t slot, uintptr_t word);

#endif
