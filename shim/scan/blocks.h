// SPDX-License-Identifier: MIT
/*
 * All live blocks of the heap, from the heap map (registry/heap.h), and an index that finds the
 * block that an address points into.
 *
 * Only those parts of the map are looked at that were ever written to: the kernel knows which
 * (/proc/self/pagemap). That is found out before a scan, in the process itself, by heap_pages_read.
 */
#ifndef DLPIN_SCAN_BLOCKS_H
#define DLPIN_SCAN_BLOCKS_H

#include "registry/heap.h"
#include "scan/memory.h"

/* --- what is in use --- */

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

/* The usable size of the live block at `start`, and the flags of its chunk (HEAP_CHUNK_*). False:
 * it cannot be read, or the allocator does not tell. */
bool blocks_size(struct view *view, uintptr_t start, size_t *size, uint32_t *flags);

/* --- the index --- */

struct leaf_index;

/*
 * Where blocks start, and which are marked: a bit for each place where one can start. `part` has an
 * element for each HEAP_LEAF_SHIFT bits of an address: 0 where nothing that lies there is in a
 * block, else 1 + the number of the leaf whose blocks do.
 */
struct block_index {
    uint16_t *part;
    unsigned count, shift; /* leaves; of a bit's place */
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
    size_t tail; /* so many bytes at the end nobody asked for (registry/heap.h) */
    uint32_t site;
    const struct leaf_index *leaf;
    size_t bit;
};

enum mark { MARK_REACHED, MARK_REFERENCED, MARKS };

/* False: `word` points into no block. Most words are told apart by this. */
static inline bool blocks_may_be(const struct block_index *index, uintptr_t word)
{
    return !(word >> HEAP_ADDRESS_BITS) && index->part[word >> HEAP_LEAF_SHIFT];
}

/* The block that `address` points to or, unless `exact`, into. False: none. */
bool blocks_find(const struct block_index *index, struct view *view, uintptr_t address, bool exact,
                 struct block *block);

/* The same, if the block does not have the mark: where it has, no memory of the block or of the map
 * is read. Its site and tail are not filled in, and its size need not be. */
bool blocks_find_unmarked(const struct block_index *index, struct view *view, uintptr_t address,
                          bool exact, enum mark mark, struct block *block);

/* Fills in its site and its tail. False: it has gone meanwhile. */
bool blocks_know(struct block *block);

bool blocks_is_marked(const struct block *block, enum mark mark);

/* False: it was marked already. */
bool blocks_mark(const struct block *block, enum mark mark);

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
