// SPDX-License-Identifier: MIT
#include "scan/container.h"
#include "base/sys.h"

enum { WORD = sizeof(uintptr_t), PAGE = 4096 };

static uintptr_t word_at(uintptr_t slot, const uintptr_t *words, size_t count, size_t index)
{
    uintptr_t word;
    if (index < count)
        return words[index];
    return slot && view_copy_word(slot + index * WORD, &word) ? word : 0;
}

/* True if the contents may have the whole block. malloc rounds sizes up, small ones by a few words
 * of which is known how many were asked for, large ones to pages. Other allocators have classes of
 * sizes. */
static bool is_all_of(size_t capacity, const struct block *block)
{
    enum { MORE = 5 * WORD, LARGE = 16 * PAGE };
    size_t size = block->size;
    if (capacity == 0 || capacity > size)
        return false;
    if (!blocks_have_heads() || (size >= LARGE && size - capacity < 2 * PAGE))
        return true;
    if (block->asked & HEAP_ASKED_UNKNOWN)
        return size - capacity < MORE;
    return capacity / WORD == heap_asked_bytes(size, block->asked) / WORD;
}

/* An iterator of libstdc++'s std::deque: an element, the begin and the end of the piece that it is
 * in, and where the deque has the pointer to that. */
static bool is_in_deque(uintptr_t slot, const uintptr_t *words, size_t count)
{
    uintptr_t piece, node = word_at(slot, words, count, 3);
    return node && node % WORD == 0 && view_copy_word(node, &piece) && piece == words[0];
}

/* By the index alone, so that most blocks need not be read for it. */
static bool is_in_block(const struct block_index *index, uintptr_t address,
                        const struct block *block)
{
    struct block found;
    return blocks_may_be(index, address) && blocks_find_start(index, address, &found) &&
           found.start == block->start;
}

uintptr_t container_find_end(struct block_index *index, struct view *view, uintptr_t slot,
                             const uintptr_t *words, size_t count, struct block *block)
{
    uintptr_t begin = words[0], end = word_at(slot, words, count, 1);
    if (end < begin)
        return 0;
    uintptr_t capacity = word_at(slot, words, count, 2);
    if (capacity < end || !is_in_block(index, capacity - 1, block) ||
        !blocks_extent(index, view, block->start, &block->size) ||
        !is_all_of(capacity - begin, block))
        return 0;
    /* Four into one block are something else: libc++'s split buffer, a stream's buffer. */
    if (word_at(slot, words, count, 3) - begin <= block->size)
        return 0;
    return end == begin && is_in_deque(slot, words, count) ? 0 : end;
}

bool container_has(struct block_index *index, struct view *view, uintptr_t slot,
                   const struct block *block)
{
    for (uintptr_t at = slot; slot && slot - at <= WORD; at -= WORD) {
        uintptr_t words[4];
        struct block found = *block;
        ssize_t n = sys_copy_memory((const void *)at, words, sizeof words);
        size_t count = n < WORD ? 0 : (size_t)n / WORD;
        if (count && words[0] == block->start &&
            container_find_end(index, view, at, words, count, &found))
            return true;
    }
    return false;
}
