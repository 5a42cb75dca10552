// SPDX-License-Identifier: MIT
/*
 * Containers that have blocks of the heap for themselves. std::vector, and what is like it, has one
 * block and three pointers into it: its begin, the end of the contents, and the end of the block.
 * The std::deque of libstdc++ has several, its pieces, and knows where its first element is and
 * where its last one ends. Other words of these blocks are not live: they are what erased elements
 * left there.
 */
#ifndef DLPIN_SCAN_CONTAINER_H
#define DLPIN_SCAN_CONTAINER_H

#include "scan/blocks.h"

/* Of a block: the words that are live; with a deque, where the pointers to its pieces are. */
struct contents {
    uintptr_t start, end, map;
};

/* Most words are told apart by this. `block` is the start of the block that words[0] leads into. */
static inline bool container_may_be(const uintptr_t *words, size_t count, uintptr_t block)
{
    enum { POINTERS = 3 };
    if (count < POINTERS)
        return words[0] == block;
    return (words[0] == block && words[0] <= words[1] && words[1] <= words[2]) ||
           (words[1] == block && words[1] <= words[0] && words[0] <= words[2]);
}

/*
 * False if the word at `slot`, which leads into the block, is no container's. `words` are what lies
 * there, as far as it was read. Fills in the block's size.
 */
bool container_find(struct block_index *index, struct view *view, uintptr_t slot,
                    const uintptr_t *words, size_t count, struct block *block,
                    struct contents *contents);

/* True if the word at `slot`, which is the start of the block, is a container's. */
bool container_has(struct block_index *index, struct view *view, uintptr_t slot,
                   const struct block *block);

#endif
