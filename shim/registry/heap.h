// SPDX-License-Identifier: MIT
/*
 * The heap map: for each live block the call site that it was allocated from.
 *
 * Two levels over the address space; a leaf covers 64 MB. One 32-bit entry per 32 bytes with
 * glibc's malloc, whose chunks are never smaller (MINSIZE in malloc/malloc.c): two blocks cannot
 * start in the same granule. That is an eighth of the heap in the worst case. Other allocators have
 * 8-byte blocks: for them there is a second table, with a granule of 8 bytes, and no fast path. An
 * entry is the site's number, and in its lowest bits where in the granule the block starts, in
 * units of 8 bytes. glibc's blocks start at multiples of 16: there the lowest bits say how many
 * whole words were asked for, modulo 4. The rest of a block has the bytes that were there before.
 *
 * No lock: a block has one owner at a time, and an entry is one store. Any thread, any phase, also
 * in signal handlers as far as malloc itself is. What releases a block is noted before the block is
 * released.
 */
#ifndef DLPIN_REGISTRY_HEAP_H
#define DLPIN_REGISTRY_HEAP_H

#include "base/compiler.h"
#include "ownership/sites.h"

#include <stdint.h>

#if defined(__x86_64__)
enum { HEAP_ADDRESS_BITS = 47 };
#else
enum { HEAP_ADDRESS_BITS = 48 };
#endif

enum {
    HEAP_LEAF_SHIFT = 26,
    HEAP_GRANULE_SHIFT = 5,
    HEAP_ASKED_MASK = 3,
    HEAP_ASKED_UNKNOWN = 4,
    /* malloc/malloc.c: the lowest bits of the word before a block. */
    HEAP_CHUNK_MAPPED = 2,
    HEAP_CHUNK_OTHER_ARENA = 4,
    HEAP_CHUNK_FLAGS = 7,
};

/* A size of which every word is taken for used. */
#define HEAP_SIZE_UNKNOWN SIZE_MAX

#define HEAP_LEAVES ((uintptr_t)1 << (HEAP_ADDRESS_BITS - HEAP_LEAF_SHIFT))

typedef uint32_t heap_entry;

/*
 * Leaves by the lowest bits of their numbers, so that the table is small: address space may be
 * limited. A leaf whose slot is another one's is found slowly. With another allocator than glibc
 * all slots are empty.
 */
enum { HEAP_SLOT_BITS = 14, HEAP_SLOTS = 1 << HEAP_SLOT_BITS };

struct heap_slot {
    uintptr_t number; /* of the leaf, its addresses' upper bits, and 1; written last; 0: empty */
    heap_entry *leaf;
};

extern HIDDEN struct heap_slot heap_slots[HEAP_SLOTS];

/* The entry of a block in glibc's heap; false where there is no leaf for it. The entry is no result
 * of its own, which the compiler would compare with NULL once more. */
static inline bool heap_fast_entry(const void *p, heap_entry **entry)
{
    uintptr_t address = (uintptr_t)p, number = address >> HEAP_LEAF_SHIFT;
    uintptr_t in_leaf = address & (((uintptr_t)1 << HEAP_LEAF_SHIFT) - 1);
    const struct heap_slot *slot = &heap_slots[number & (HEAP_SLOTS - 1)];
    if (unlikely(__atomic_load_n(&slot->number, __ATOMIC_ACQUIRE) != number + 1))
        return false;
    *entry = &slot->leaf[in_leaf >> HEAP_GRANULE_SHIFT];
    return true;
}

/* `size` bytes were asked for (not HEAP_SIZE_UNKNOWN); `shifted` as of site_fast. */
static inline void heap_set(heap_entry *entry, const void *p, size_t size, uint32_t shifted)
{
    uint32_t place = ((uint32_t)(uintptr_t)p & 1 << 4) | ((uint32_t)(size >> 3) & HEAP_ASKED_MASK);
    __atomic_store_n(entry, shifted | place, __ATOMIC_RELAXED);
}

/* The bits that say where in 32 bytes a block starts, with the table that is used. */
extern HIDDEN heap_entry heap_place_mask;

/* The block that an entry stands for, from any address in its granule. */
static inline uintptr_t heap_start(uintptr_t address, heap_entry entry)
{
    return (address & ~(uintptr_t)((1 << SITE_SHIFT) - 1)) | (entry & heap_place_mask);
}

/* How many whole words were asked for, modulo 4, or HEAP_ASKED_UNKNOWN. */
static inline unsigned heap_asked(heap_entry entry)
{
    enum { WITHOUT_WORDS = 24 }; /* the place mask of another allocator */
    return heap_place_mask == WITHOUT_WORDS ? HEAP_ASKED_UNKNOWN
                                            : entry & (HEAP_ASKED_MASK | HEAP_ASKED_UNKNOWN);
}

/* Of a block's usable bytes those in whole words that were asked for. glibc gives at most three
 * words more: two by rounding, or the least block of three words for nothing at all (request2size
 * in malloc/malloc.c). */
static inline size_t heap_asked_bytes(size_t usable, unsigned asked)
{
    size_t words = usable / sizeof(uintptr_t), more = (words - asked) & HEAP_ASKED_MASK;
    if (asked & HEAP_ASKED_UNKNOWN || more > words)
        return usable;
    return (words - more) * sizeof(uintptr_t);
}

/* A block for `size` bytes begins at `p`, with whatever allocator. Site 0 (nobody that we know) is
 * noted as SITE_UNKNOWN. */
void heap_note(const void *p, size_t size, uint32_t site);

void heap_forget_slow(const void *p);

/* The block at `p` ends. */
static inline void heap_forget(const void *p)
{
    heap_entry *entry;
    if (likely(heap_fast_entry(p, &entry)))
        __atomic_store_n(entry, 0, __ATOMIC_RELAXED);
    else
        heap_forget_slow(p);
}

/* The block that starts at `start` is nobody's from now on. */
void heap_disown(uintptr_t start);

/* The program asked how much of the block it may use: every word counts from now on. */
void heap_use_all(const void *p);

/* The site of the block that starts at `p`, or 0. */
uint32_t heap_site(const void *p);

/* A live block as found by heap_find. */
struct heap_block {
    uintptr_t start;
    size_t size; /* usable; 0: not known (another allocator than glibc's) */
    uint32_t site;
    unsigned asked; /* as of heap_asked */
};

/*
 * The live block that `address` points to or into; false where there is none that we know. With
 * glibc the extent comes from the chunk's header, read so that it cannot fault. An address inside a
 * block is found up to a few kilobytes after the block's start.
 */
bool heap_find(uintptr_t address, struct heap_block *block);

/* Without a system call: the site of the block, if it reaches so far, or 0. */
uint32_t heap_site_near(uintptr_t address);

/* True if a live block starts at `start` that was made at this site. */
bool heap_is_block(uintptr_t start, uint32_t site);

/* The last live block that starts at `address` or up to `back` bytes before it, without its size.
 */
bool heap_find_before(uintptr_t address, uintptr_t back, struct heap_block *block);

/* Which of the two tables is used. Blocks that were noted before, by constructors of the libraries
 * that come with the program, are known only in glibc's. */
void heap_init(bool glibc_malloc);

/*
 * The map itself, for code that reads every block. Leaves are never given back, so a list of them
 * stays right; entries change at any time. `base` is the first address that the leaf stands for.
 */
struct heap_leaf {
    uintptr_t base;
    const heap_entry *entries;
};

unsigned heap_leaf_count(void);
struct heap_leaf heap_leaf_at(unsigned index);
extern HIDDEN unsigned heap_shift;

static inline unsigned heap_granule_shift(void)
{
    return heap_shift;
}

/* Entries of a leaf. */
static inline size_t heap_leaf_entries(void)
{
    return (size_t)1 << (HEAP_LEAF_SHIFT - heap_shift);
}

/* The usable size of a block of glibc's malloc, from the word before it. */
static inline size_t heap_size_of_head(size_t head)
{
    size_t overhead = head & HEAP_CHUNK_MAPPED ? 2 * sizeof head : sizeof head;
    size_t size = head & ~(size_t)HEAP_CHUNK_FLAGS;
    return size > overhead ? size - overhead : 0;
}

/* The bytes, in whole words, that were asked for of the live block at `p`, or may be used of it;
 * SIZE_MAX: not known. */
size_t heap_written(const void *p);

/* Marks the site of every live block. */
void heap_mark_sites(struct site_bitmap *bitmap);

/* True if the program's blocks come through us (it may have a malloc of its own). */
extern bool heap_is_seen;

#endif
