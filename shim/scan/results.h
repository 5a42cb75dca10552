// SPDX-License-Identifier: MIT
/*
 * A walk from within: what scan/walk.c, which goes through the memory, and scan/results.c, which
 * says what was found, share. In a copy of the process, without locks.
 */
#ifndef DLPIN_SCAN_RESULTS_H
#define DLPIN_SCAN_RESULTS_H

#include "scan/nodes.h"
#include "scan/walk.h"

enum {
    MAKERS = 256,              /* places of a cache */
    REPEATS = 4 * RESULTS_MAX, /* places of a hash table, of which at most a quarter is used */
};

struct maker {
    uint32_t site;
    struct module *unloaded;    /* that of the scan that made the blocks, or NULL */
    const struct module *owner; /* or NULL */
    bool by_libc, is_table;
};

/* Pointers with equal members are one finding. */
struct repeat {
    const struct module *module, *root; /* pointed to; whose variables they are, or NULL */
    uintptr_t word;                     /* 0: any into its data */
    uint32_t site;                      /* of the block */
    struct result *result;              /* NULL: there is nothing here */
};

/* Which words lead anywhere: all; those that begin a container (scan/container.h); those to a block
 * that libc made. */
enum follow { FOLLOW_ALL, FOLLOW_CONTAINERS, FOLLOW_LIBC };

/* Of a walk in progress. */
struct state {
    struct walk *walk;
    struct view view, path_view, region_view;
    struct readable *readable; /* for those that do not read everything in place, or NULL */
    struct block_index *index;
    struct nodes nodes;
    uint32_t done;      /* nodes whose words were scanned */
    unsigned countdown; /* to the next reading of the clock */
    bool lost;          /* the second part: blocks that nothing reaches */
    bool first_pass;
    enum follow follow;
    uint32_t libcs_own; /* the first nodes are blocks that libc made for itself */
    struct maker makers[MAKERS];
    struct repeat repeats[REPEATS];
    bool mapped_known[RANGES_MAX]; /* ranges of mapped memory that have a result */
};

/* The cached facts about a call site. Valid until the next call. */
const struct maker *maker_of(struct state *state, uint32_t number);

static inline const struct root *root_of_entry(const struct state *state, uint32_t entry)
{
    return &state->walk->roots->list[entry_at_id(&state->nodes, entry)->root];
}

/*
 * The address in the heap that a word has: interpreters put the type of a value into the bits that
 * addresses do not use, and lock-free lists a count. Such words count where they lead to the start
 * of a block.
 */
static inline uintptr_t walk_address(uintptr_t word)
{
    return word & (((uintptr_t)1 << HEAP_ADDRESS_BITS) - 1);
}

/* True for a word into a block, and for one to its end, where that is no page's: the next mapping
 * begins where that of a large block ends, and the loader's list has addresses of mappings. */
static inline bool walk_leads_into(uintptr_t word, uintptr_t start, size_t size)
{
    enum { PAGE = 4096 };
    return word - start < size || (word - start == size && word % PAGE != 0);
}

/* Of the root that a node or entry was reached from. */
static inline enum root_kind kind_of(const struct state *state, uint32_t id)
{
    return id & NODE_IS_ENTRY ? root_of_entry(state, id)->kind
                              : (enum root_kind)node_at(&state->nodes, id)->kind;
}

/* The usable size of a block; 0 where it cannot be had. */
static inline size_t size_of(struct state *state, const struct block *block)
{
    size_t size;
    return blocks_extent(state->index, &state->path_view, block->start, &size) ? size : 0;
}

/* A word of a block, or of a variable, that points into an image. */
void results_add_pointer(struct state *state, const struct range *range, uintptr_t slot,
                         uintptr_t word, uint32_t from);

/* A word that points into memory that a module mapped. */
void results_add_mapped(struct state *state, const struct range *range, uintptr_t slot,
                        uintptr_t word, uint32_t from);

/* The result for blocks of this one's call site, made now, with the retention path, if it is the
 * first. NULL: there is no room. */
struct result *results_group_of(struct state *state, enum result_kind kind, struct module *module,
                                const struct block *block, uint32_t id);

#endif
