// SPDX-License-Identifier: MIT
/*
 * All live blocks of the heap, from the heap map (registry/heap.h), and an index that finds the
 * block that an address points into.
 *
 * Only those parts of the map are read that were ever written to: the kernel knows which
 * (/proc/self/pagemap). heap_pages_read asks it before a scan, in the process itself.
 */
#ifndef DLPIN_SCAN_BLOCKS_H
#define DLPIN_SCAN_BLOCKS_H

#include "registry/heap.h"
#include "scan/memory.h"

enum { ENTRIES_PER_PAGE = 4096 / sizeof(heap_entry) };

struct leaf_pages {
    struct heap_leaf leaf;
    uint64_t *used; /* one bit for each page of its entries */
};

struct heap_pages {
    struct leaf_pages *leaves; /* by ascending address */
    unsigned count;
    uint64_t *bits;
    size_t bits_size, leaves_size;
};

/* False: no memory. heap_pages_free gives it back. */
bool heap_pages_read(struct heap_pages *pages);
void heap_pages_free(struct heap_pages *pages);

/* The first live block that starts in [from, to); false: there is none. */
bool heap_pages_next(const struct heap_pages *pages, uintptr_t from, uintptr_t to,
                     uintptr_t *start);

/* Every page of the map that was written to. False ends it. */
typedef bool page_visitor(const struct heap_leaf *leaf, size_t page, void *data);
void heap_pages_each(const struct heap_pages *pages, page_visitor *visit, void *data);

/* The first and the last block that start in a page of the map; false: there is none. */
bool blocks_of_page(const struct heap_leaf *leaf, size_t page, uintptr_t *first, uintptr_t *last);

/* With glibc: the word before a block tells its size. */
static inline bool blocks_have_heads(void)
{
    return heap_granule_shift() == HEAP_GRANULE_SHIFT;
}

/* True if sizes are known at all, read like this. */
bool blocks_have_sizes(const struct view *view);

/* With another allocator. */
bool blocks_ask_size(const struct view *view, uintptr_t start, size_t *size);

enum { BLOCK_SIZE_BITS = 40 };

/* The usable size of the live block at `start`, and the flags of its chunk (HEAP_CHUNK_*). False:
 * it cannot be read, or the allocator does not tell. */
static inline bool blocks_size(struct view *view, uintptr_t start, size_t *size, uint32_t *flags)
{
    uintptr_t head = 0;
    *flags = 0;
    if (!blocks_have_heads())
        return blocks_ask_size(view, start, size);
    if (!view_word(view, start - sizeof head, &head))
        return false;
    *flags = (uint32_t)head & HEAP_CHUNK_FLAGS;
    *size = heap_size_of_head(head);
    /* Another thread may have freed it meanwhile; then a pointer may lie there. */
    return *size >> BLOCK_SIZE_BITS == 0;
}

enum mark {
    MARK_REACHED,
    MARK_REFERENCED,
    MARK_LIMITED,   /* only containers refer to it: what is not in their contents is not live */
    MARK_DEQUE_MAP, /* a deque's pointers to its pieces */
    MARKS
};

/* A bit for each place where a block can start. */
struct leaf_index {
    struct heap_leaf leaf;
    uint64_t *starts, *marks[MARKS];
    uint64_t *summary; /* one bit per word of `starts` that is not 0 */
    uint16_t before;   /* the leaf whose last block reaches into this one, or NO_LEAF */
};

enum { NO_LEAF = UINT16_MAX, INDEX_BITS = 64 };

/* The memory of a leaf, or as much memory into which only the last block of an earlier leaf
 * reaches; `covered` has a bit for each 64 KB with blocks. */
enum { COVER_SHIFT = 16, COVER_BITS = 1 << (HEAP_LEAF_SHIFT - COVER_SHIFT) };

struct index_part {
    uint64_t covered[COVER_BITS / INDEX_BITS];
    uint16_t leaf;
};

/* All blocks of a row of leaves lie in it. */
struct index_span {
    uintptr_t start, size;
};

/* `part` has an element for each HEAP_LEAF_SHIFT bits of an address: 0, or the
 * number of its part, of which none is 0. Between the two spans lies the largest gap: one is
 * usually what brk(2) gives, the other what mmap(2) does. */
struct block_index {
    struct index_span spans[2];
    uint16_t *part;
    struct index_part *parts;
    unsigned part_count;
    unsigned count, shift; /* leaves; of a bit's place */
    unsigned second;       /* the first leaf of the second span */
    bool overwritten;      /* a block had a head that cannot be right */
    size_t size, words;    /* of the memory; per leaf in a bitmap */
    struct leaf_index *leaves;
};

/* Built from the map in time linear in its size. NULL: no memory. Its memory goes with the process
 * or with blocks_index_free. `view` is for the last block of each leaf: it may reach into the next
 * ones. */
struct block_index *blocks_index_make(const struct heap_pages *pages, struct view *view);
void blocks_index_free(struct block_index *index);

/* A live block in the index. */
struct block {
    uintptr_t start;
    size_t size;
    unsigned asked; /* as of heap_asked (registry/heap.h) */
    uint32_t site;
    const struct leaf_index *leaf;
    size_t bit;
};

/* False: `word` points into no block. Most words are told apart by this. */
static inline bool blocks_may_be(const struct block_index *index, uintptr_t word)
{
    unsigned part = word >> HEAP_ADDRESS_BITS ? 0 : index->part[word >> HEAP_LEAF_SHIFT];
    size_t chunk = word >> COVER_SHIFT & (COVER_BITS - 1);
    return part && index->parts[part].covered[chunk / INDEX_BITS] >> chunk % INDEX_BITS & 1;
}

/* For a word for which that is true. */
static inline struct leaf_index *blocks_leaf(const struct block_index *index, uintptr_t word)
{
    return &index->leaves[index->parts[index->part[word >> HEAP_LEAF_SHIFT]].leaf];
}

/* The last block that starts at an address for which blocks_may_be, or before it: where it starts.
 * False: there is none. The second one is for when it is not near. */
bool blocks_search_start(const struct block_index *index, uintptr_t address, struct block *block);

static inline bool blocks_find_start(const struct block_index *index, uintptr_t address,
                                     struct block *block)
{
    const struct leaf_index *leaf = blocks_leaf(index, address);
    size_t bit = (address - leaf->leaf.base) >> index->shift, word = bit / INDEX_BITS;
    uint64_t bits = word < index->words ? leaf->starts[word] << (~bit % INDEX_BITS) : 0;
    if (!bits)
        return blocks_search_start(index, address, block);
    block->bit = bit - (size_t)__builtin_clzll(bits);
    block->start = leaf->leaf.base + (block->bit << index->shift);
    block->leaf = leaf;
    return true;
}

static inline bool blocks_is_marked(const struct block *block, enum mark mark)
{
    return block->leaf->marks[mark][block->bit / INDEX_BITS] >> block->bit % INDEX_BITS & 1;
}

static inline void blocks_mark(const struct block *block, enum mark mark)
{
    block->leaf->marks[mark][block->bit / INDEX_BITS] |= (uint64_t)1 << block->bit % INDEX_BITS;
}

static inline void blocks_unmark(const struct block *block, enum mark mark)
{
    block->leaf->marks[mark][block->bit / INDEX_BITS] &= ~((uint64_t)1 << block->bit % INDEX_BITS);
}

/* Fills in its site and how much was asked for. False: it was freed meanwhile. */
static inline bool blocks_know(struct block *block)
{
    size_t granule = (block->start - block->leaf->leaf.base) >> heap_granule_shift();
    heap_entry entry = __atomic_load_n(&block->leaf->leaf.entries[granule], __ATOMIC_RELAXED);
    block->site = entry >> SITE_SHIFT;
    block->asked = heap_asked(entry);
    return block->site != 0;
}

/*
 * The usable size of a live block of the index. Its head lies in the program's memory, and a
 * program with a defect may have written over it: no block reaches into the next one, or to where
 * nothing can be read. False: the size is not known.
 */
bool blocks_extent(struct block_index *index, struct view *view, uintptr_t start, size_t *size);

/* Every block by the index that does not have the mark, without contents, but with site and tail.
 * False ends it. */
typedef bool index_visitor(const struct block *block, void *data);
bool blocks_each_unmarked(const struct block_index *index, enum mark mark, index_visitor *visit,
                          void *data);

/* Asks the allocator for sizes, where the words before blocks do not tell them (another allocator
 * than glibc's). NULL: they are not known. */
typedef size_t block_sizer(void *block);
extern block_sizer *blocks_sizer;

#endif
