// SPDX-License-Identifier: MIT
/*
 * Containers that have a block of the heap for themselves, as std::vector has: three pointers into
 * it, its begin, the end of the contents, and the end of the block. Words at or after the end are
 * not live: they are what erased elements left there.
 */
#ifndef DLPIN_SCAN_CONTAINER_H
#define DLPIN_SCAN_CONTAINER_H

#include "scan/blocks.h"

/* Most words are told apart by this. */
static inline bool container_may_begin(const uintptr_t *words, size_t count)
{
    enum { POINTERS = 3 };
    return count < POINTERS || (words[0] <= words[1] && words[1] <= words[2]);
}

/*
 * The end of the contents, if a container begins at `slot`; else 0. `words` are what lies there, as
 * far as it was read, of which the first is the start of the block. Fills in the block's size.
 */
uintptr_t container_find_end(struct block_index *index, struct view *view, uintptr_t slot,
                             const uintptr_t *words, size_t count, struct block *block);

/* True if the word at `slot`, which is the start of the block, is a container's begin, or its end
 * because it has no contents. */
bool container_has(struct block_index *index, struct view *view, uintptr_t slot,
                   const struct block *block);

#endif
