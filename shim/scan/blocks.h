// SPDX-License-Identifier: MIT
/*
 * All live blocks of the heap, from the heap map (registry/heap.h): as a stream in ascending order,
 * and as an index that finds the block that an address points into.
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

/* --- every block --- */

/* A piece of a live block: `count` words at `at`, which is `start` or behind it. A block comes in
 * several pieces where it is read piecewise. */
struct piece {
    uintptr_t start, at;
    size_t size; /* of the block, as far as it was asked for in words */
    uint32_t site;
    uint32_t head; /* the flags of its chunk (HEAP_CHUNK_*) */
    const uintptr_t *words;
    size_t count;
};

/* False ends the stream. */
typedef bool blocks_visitor(const struct piece *piece, void *data);

/* Every live block with its contents. Returns false where the visitor ended it. */
bool blocks_stream(const struct heap_pages *pages, struct view *view, blocks_visitor *visit,
                   void *data);

/* The usable size of the live block at `start`, and the flags of its chunk (HEAP_CHUNK_*). False:
 * it cannot be read, or the allocator does not tell. */
bool blocks_size(struct view *view, uintptr_t start, size_t *size, uint32_t *flags);

/* --- the index --- */

struct block_index;

/* Built from the map in time linear in its size. NULL: no memory. One bit per granule
 * for where blocks start, and one for each mark. Its memory goes with the process or with
 * blocks_index_free. */
struct block_index *blocks_index_make(const struct heap_pages *pages);
void blocks_index_free(struct block_index *index);

/* A live block in the index. */
struct leaf_index;

struct block {
    uintptr_t start;
    size_t size;
    size_t tail; /* so many bytes at the end nobody asked for (registry/heap.h) */
    uint32_t site;
    const struct leaf_index *leaf;
    size_t granule;
};

enum mark { MARK_REACHED, MARK_REFERENCED, MARKS };

/* The block that `address` points to or, unless `exact`, into. False: none. */
bool blocks_find(struct block_index *index, struct view *view, uintptr_t address, bool exact,
                 struct block *block);

bool blocks_is_marked(const struct block *block, enum mark mark);

/* False: it was marked already. */
bool blocks_mark(const struct block *block, enum mark mark);

/* Every block by the index, without contents. False ends it. */
typedef bool index_visitor(const struct block *block, void *data);
bool blocks_each(struct block_index *index, struct view *view, index_visitor *visit, void *data);

/* Asks the allocator for sizes, where the words before blocks do not tell them (another allocator
 * than glibc's). NULL: they are not known. */
typedef size_t block_sizer(void *block);
extern block_sizer *blocks_sizer;

#endif
