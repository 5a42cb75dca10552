// SPDX-License-Identifier: MIT
/*
 * A heap as glibc's malloc would have laid it out, in a mapping of its own, with what points to
 * what: a graph whose answers a few lines of a test can work out. One for each test.
 */
#ifndef DLPIN_UNIT_MADE_HEAP_H
#define DLPIN_UNIT_MADE_HEAP_H

#include "scan/walk.h"
#include "support.h"

enum { MADE_MAX = 100000, ROOT_WORDS = 64, NOT_REACHED = UINT32_MAX };

struct made_block {
    uintptr_t *words;
    size_t requested, usable;
    uint32_t site;
    unsigned filled;   /* words that were given something to point to */
    uint32_t distance; /* blocks on the shortest path from a root, this one included */
};

struct made_edge {
    uint32_t from, to; /* blocks */
};

struct made_heap {
    char *memory, *next, *end; /* [next, end): not dealt out yet */
    struct made_block *blocks;
    struct made_edge *edges;
    size_t count, edge_count;
    uintptr_t roots[ROOT_WORDS]; /* words of a variable */
    uint32_t root_blocks[ROOT_WORDS];
    unsigned root_count;
    /* The address of thread-local variables of an unloaded module, and the thread's own record of
     * it when the walk begins; 0: there are none. */
    uintptr_t gone_tls, gone_tls_now;
    unsigned own_roots; /* so many of them, from the first on, are variables of each retainer */
};

extern struct made_heap made;

/* Calls heap_init. Behind `bytes`, rounded up to a page, lies memory that cannot be read. */
void made_heap_start(size_t bytes);

/* The next number below `bound`, the same ones in each run. */
size_t made_random(size_t bound);

/* A block behind the last one. Returns its number. */
uint32_t made_block(size_t requested, uint32_t site);

static inline uintptr_t made_start(uint32_t block)
{
    return (uintptr_t)made.blocks[block].words;
}

/* The word before it. */
static inline uintptr_t *made_head(uint32_t block)
{
    return made.blocks[block].words - 1;
}

/* The next word of `from` points `offset` bytes into `to`. False: there is no room. */
bool made_point(uint32_t from, uint32_t to, size_t offset);
void made_root(uint32_t to);

/* Works out all distances. */
void made_search(void);

/* The scanned bytes of a block. */
size_t made_scanned(uint32_t block);

/* A walk over it, with so many retainers. The result is there until the next one. */
struct walk *made_walk_of(struct module *const *retainers, unsigned count, enum walk_place place);
struct walk *made_walk(enum walk_place place);

/* Of the walk: modules to search for; and, unless it is 0, how much more memory it may take. */
extern struct ranges made_ranges;
extern size_t made_room;

#endif
