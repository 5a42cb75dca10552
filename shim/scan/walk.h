// SPDX-License-Identifier: MIT
/*
 * A walk from the roots over all live blocks, breadth first, so that the first path found to a
 * block is the shortest. Its time is linear in the memory that it reads.
 *
 * Runs in a copy of the process, or in the process itself. Takes no lock, and leaves its findings
 * in memory that it was given, as plain numbers: in a copy every pointer to something of ours means
 * the same as in the process.
 */
#ifndef DLPIN_SCAN_WALK_H
#define DLPIN_SCAN_WALK_H

#include "scan/ranges.h"
#include "scan/roots.h"

enum {
    STEPS_MAX = 12,     /* of a path; the middle of a longer one is left out */
    RESULTS_MAX = 1024, /* they take 2 MB, which only a walk has; more are counted as dropped */
    PLACES_MAX = 64,    /* of one word, in blocks of one call site; of more, some may be missing */
};

/* A node of a retention path. The first is a root; then come blocks. */
struct step {
    struct root root; /* of the first step */
    uintptr_t slot;   /* the word in this node that leads to the next */
    uintptr_t start;  /* of the block, */
    size_t size;      /* and its size; 0: a root */
    uint32_t site;
};

/* Where in a block a word lies. */
struct in_block {
    uintptr_t slot, start; /* of the block */
};

enum result_kind {
    RESULT_POINTER, /* a word into the image of an unloaded module */
    RESULT_HELD,    /* blocks that one made, with the retention path to the first of them */
    RESULT_LOST,    /* the same that nothing reaches */
    RESULT_MAPPED,  /* a word into memory that one mapped, with the retention path to the word */
};

struct result {
    enum result_kind kind;
    struct module *module; /* the unloaded one; no reference */
    uintptr_t word;        /* POINTER, MAPPED: where it points */
    uint32_t site;         /* HELD, LOST: made here, */
    uintptr_t start;       /* the first one; MAPPED: the mapping, */
    size_t size;           /* and its size */
    size_t blocks, bytes;  /* of this site, each with nothing of the module before it */
    size_t hanging_blocks, hanging_bytes; /* what only these lead to */
    unsigned steps;                       /* of the retention path: the first ones and the last; */
    unsigned skipped;            /* so many between them are left out, before step STEPS_MAX / 2 */
    struct step path[STEPS_MAX]; /* the last of POINTER, MAPPED is where it was found */
    /* POINTER, in a block: all places of the word in blocks of this site, as far as there is room.
     */
    unsigned place_count;
    struct in_block places[PLACES_MAX];
};

/* The blocks that have the word of a POINTER. */
static inline size_t result_blocks(const struct result *result)
{
    size_t blocks = 0;
    if (result->blocks != result->place_count)
        return result->blocks;
    for (unsigned i = 0; i < result->place_count; i++)
        blocks += i == 0 || result->places[i].start != result->places[i - 1].start;
    return blocks;
}

/* Modules whose retained heap is to be found out: what their variables alone hold. What two of
 * them hold is neither's. */
enum { RETAINERS_MAX = 16 };

struct retainer {
    struct module *module;
    struct retained_heap heap; /* known where the walk is complete */
};

/* Where a walk runs. */
enum walk_place {
    WALK_IN_COPY, /* of the process: nothing changes */
    WALK_ALONE,   /* in the process, while nothing else runs in it: no thread, no signal handler */
    WALK_BESIDE,  /* in the process, while others go on */
    WALK_PLACES,
};

struct walk {
    /* In: */
    const struct ranges *ranges; /* the unloaded modules */
    const struct roots *roots;
    const struct heap_pages *pages;
    const struct maps *maps;
    const struct hits *hits; /* in variables, and there is nothing else; or NULL: scan all */
    struct retainer retainers[RETAINERS_MAX];
    unsigned retainer_count;
    enum walk_place place;
    uint64_t deadline, limit; /* monotonic nanoseconds, bytes; 0: none */
    uint64_t begun, pause;    /* when; nanoseconds until the program could go on */
    /* Out: */
    _Atomic uint32_t done;     /* for the copy that this runs in */
    uint64_t ended, processor; /* when; nanoseconds of a processor */
    bool complete;             /* else nothing is known to be lost */
    bool ran_out;              /* of time or bytes */
    bool no_memory;            /* of ours, for all that was to be noted */
    bool overwritten;          /* a block had a head that cannot be right */
    bool sizes_unknown;        /* the allocator does not say: no block was scanned */
    uint64_t bytes;            /* that were read */
    unsigned count, dropped;
    unsigned used_again; /* ranges in which something else lies by now */
    struct result results[RESULTS_MAX];
};

/* `walk` is memory that the process sees, if this runs in a copy. */
void walk_run(struct walk *walk);

#endif
