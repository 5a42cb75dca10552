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

/* By the index alone, so that most blocks need not be read for it. */
static bool is_in_block(const struct block_index *index, uintptr_t address,
                        const struct block *block)
{
    struct block found;
    return blocks_may_be(index, address) && blocks_find_start(index, address, &found) &&
           found.start == block->start;
}

/* A place in a deque: an element, the begin and the end of the piece that it is in, and where the
 * deque has the pointer to that. */
struct iterator {
    uintptr_t at, first, last, node;
};

struct deque {
    uintptr_t map, nodes; /* pointers to pieces, and how many there is room for */
    struct iterator begin, end;
};

enum { DEQUE_ENDS = 2 }; /* its iterators: for each, where it is in the deque */
static const size_t ends[DEQUE_ENDS] = {offsetof(struct deque, begin), offsetof(struct deque, end)};

static bool is_valid(const struct iterator *place)
{
    uintptr_t piece;
    return place->first <= place->at && place->at < place->last &&
           view_copy_word(place->node, &piece) && piece == place->first;
}

static bool is_deque(const struct deque *deque)
{
    const struct iterator *begin = &deque->begin, *end = &deque->end;
    return deque->map && deque->map <= begin->node && begin->node <= end->node &&
           (end->node - deque->map) / WORD < deque->nodes && (end->node - deque->map) % WORD == 0 &&
           begin->last - begin->first == end->last - end->first &&
           (begin->node < end->node || begin->at <= end->at) && is_valid(begin) && is_valid(end);
}

static bool read_deque(uintptr_t at, struct deque *deque)
{
    return sys_copy_memory((const void *)at, deque, sizeof *deque) == (ssize_t)sizeof *deque &&
           is_deque(deque);
}

/* The word at `slot` is of one of a deque's iterators, whose piece begins where the block does. */
static bool find_in_deque(struct block_index *index, struct view *view, uintptr_t slot,
                          struct block *block, struct contents *contents)
{
    struct deque deque;
    unsigned i = 0;
    while (i < DEQUE_ENDS && !read_deque(slot - ends[i], &deque))
        i++;
    if (i == DEQUE_ENDS)
        return false;
    const struct iterator *place = i == 0 ? &deque.begin : &deque.end;
    *contents = (struct contents){
        .start = place->node == deque.begin.node ? deque.begin.at : place->first,
        .end = place->node == deque.end.node ? deque.end.at : place->last,
        .map = deque.map,
    };
    return place->first == block->start && is_in_block(index, place->last - 1, block) &&
           blocks_extent(index, view, block->start, &block->size) &&
           is_all_of(place->last - place->first, block);
}

static bool find_in_vector(struct block_index *index, struct view *view, uintptr_t slot,
                           const uintptr_t *words, size_t count, struct block *block,
                           struct contents *contents)
{
    uintptr_t begin = words[0], end = word_at(slot, words, count, 1);
    uintptr_t capacity = word_at(slot, words, count, 2);
    *contents = (struct contents){begin, end, 0};
    if (begin != block->start || end < begin || capacity < end ||
        !is_in_block(index, capacity - 1, block) ||
        !blocks_extent(index, view, block->start, &block->size) ||
        !is_all_of(capacity - begin, block))
        return false;
    /* Four into one block are something else: libc++'s split buffer, a stream's buffer. */
    if (word_at(slot, words, count, 3) - begin <= block->size)
        return false;
    /* And this may be an iterator of a deque that lies elsewhere. */
    uintptr_t piece;
    return end > begin || !view_copy_word(word_at(slot, words, count, 3), &piece) || piece != begin;
}

bool container_find(struct block_index *index, struct view *view, uintptr_t slot,
                    const uintptr_t *words, size_t count, struct block *block,
                    struct contents *contents)
{
    if (word_at(slot, words, count, 1) == block->start &&
        find_in_deque(index, view, slot, block, contents))
        return true;
    return find_in_vector(index, view, slot, words, count, block, contents);
}

/* The word is a piece's begin, or the element is the piece's first. */
static bool is_in_deque(uintptr_t slot, uintptr_t piece)
{
    struct deque deque;
    bool found = false;
    for (unsigned i = 0; i < DEQUE_ENDS && !found; i++)
        for (unsigned word = 0; word < 2 && !found; word++)
            found = read_deque(slot - ends[i] - word * WORD, &deque) &&
                    (i == 0 ? deque.begin.first : deque.end.first) == piece;
    return found;
}

bool container_has(struct block_index *index, struct view *view, uintptr_t slot,
                   const struct block *block)
{
    for (uintptr_t at = slot; slot && slot - at <= WORD; at -= WORD) {
        uintptr_t words[4];
        struct block found = *block;
        struct contents contents;
        ssize_t n = sys_copy_memory((const void *)at, words, sizeof words);
        size_t count = n < WORD ? 0 : (size_t)n / WORD;
        if (count && words[0] == block->start &&
            find_in_vector(index, view, at, words, count, &found, &contents))
            return true;
    }
    return slot && is_in_deque(slot, block->start);
}
