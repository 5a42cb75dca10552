// SPDX-License-Identifier: MIT
#include "made_heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum { PAGE = 4096, WORD = sizeof(uintptr_t), EDGES_MAX = 4 * MADE_MAX };

struct made_heap made;
struct ranges made_ranges;
size_t made_room;

void made_heap_start(size_t bytes)
{
    size_t size = (bytes + PAGE - 1) & ~(size_t)(PAGE - 1);
    made.memory =
        mmap(NULL, size + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(made.memory, MAP_FAILED);
    cr_assert_eq(mprotect(made.memory + size, PAGE, PROT_NONE), 0);
    made.next = made.memory;
    made.end = made.memory + size;
    made.blocks = calloc(MADE_MAX, sizeof *made.blocks);
    made.edges = calloc(EDGES_MAX, sizeof *made.edges);
    cr_assert(made.blocks && made.edges);
    heap_init(true);
}

size_t made_random(size_t bound)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state >> 11) % bound;
}

/* malloc/malloc.c, request2size: a word for the head, multiples of 16, at least 32. */
static size_t chunk_size(size_t requested)
{
    size_t size = (requested + WORD + 15) & ~(size_t)15;
    return size < 32 ? 32 : size;
}

uint32_t made_block(size_t requested, uint32_t site)
{
    size_t chunk = chunk_size(requested);
    cr_assert(made.count < MADE_MAX && chunk + 2 * WORD <= (size_t)(made.end - made.next));
    uintptr_t *head = (uintptr_t *)(void *)(made.next + WORD);
    *head = chunk | 1;
    made.next += chunk;
    made.blocks[made.count] = (struct made_block){
        .words = head + 1, .requested = requested, .usable = chunk - WORD, .site = site};
    heap_note(head + 1, requested, site);
    return (uint32_t)made.count++;
}

bool made_point(uint32_t from, uint32_t to, size_t offset)
{
    struct made_block *block = &made.blocks[from];
    if (block->filled >= made_scanned(from) / WORD || made.edge_count == EDGES_MAX)
        return false;
    block->words[block->filled++] = made_start(to) + offset;
    made.edges[made.edge_count++] = (struct made_edge){from, to};
    return true;
}

void made_root(uint32_t to)
{
    cr_assert_lt(made.root_count, ROOT_WORDS);
    made.root_blocks[made.root_count] = to;
    made.roots[made.root_count++] = made_start(to);
}

/* registry/heap.h: the last word counts where more than half of the last 16 bytes was asked for. */
size_t made_scanned(uint32_t block)
{
    const struct made_block *made_one = &made.blocks[block];
    return made_one->requested / WORD * WORD;
}

/* Edges in the order of the blocks that they leave, as numbers in `order`; those of block i begin
 * at first[i]. */
static void sort_edges(uint32_t *first, uint32_t *order)
{
    for (size_t i = 0; i < made.edge_count; i++)
        first[made.edges[i].from + 1]++;
    for (size_t i = 0; i < made.count; i++)
        first[i + 1] += first[i];
    uint32_t *at = calloc(made.count + 1, sizeof *at);
    cr_assert_not_null(at);
    memcpy(at, first, made.count * sizeof *at);
    for (size_t i = 0; i < made.edge_count; i++)
        order[at[made.edges[i].from]++] = (uint32_t)i;
    free(at);
}

void made_search(void)
{
    uint32_t *first = calloc(made.count + 1, sizeof *first);
    uint32_t *order = calloc(made.edge_count + 1, sizeof *order);
    uint32_t *queue = calloc(made.count + 1, sizeof *queue);
    size_t done = 0, waiting = 0;
    cr_assert(first && order && queue);
    sort_edges(first, order);
    for (size_t i = 0; i < made.count; i++)
        made.blocks[i].distance = NOT_REACHED;
    for (unsigned i = 0; i < made.root_count; i++) {
        if (made.blocks[made.root_blocks[i]].distance == NOT_REACHED)
            queue[waiting++] = made.root_blocks[i];
        made.blocks[made.root_blocks[i]].distance = 1;
    }
    while (done < waiting) {
        uint32_t from = queue[done++];
        for (uint32_t i = first[from]; i < first[from + 1]; i++) {
            struct made_block *to = &made.blocks[made.edges[order[i]].to];
            if (to->distance != NOT_REACHED)
                continue;
            to->distance = made.blocks[from].distance + 1;
            queue[waiting++] = made.edges[order[i]].to;
        }
    }
    free(first);
    free(order);
    free(queue);
}

static struct rlimit limit_memory(void)
{
    unsigned long pages = 0;
    struct rlimit before, limit;
    FILE *statm = fopen("/proc/self/statm", "re");
    cr_assert(statm && fscanf(statm, "%lu", &pages) == 1);
    fclose(statm);
    cr_assert_eq(getrlimit(RLIMIT_AS, &before), 0);
    limit = before;
    if (made_room)
        limit.rlim_cur = (rlim_t)pages * PAGE + made_room;
    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
    return before;
}

struct walk *made_walk_of(struct module *const *retainers, unsigned count, enum walk_place place)
{
    static struct walk walk;
    struct root list[RETAINERS_MAX + 2];
    struct roots roots = {.list = list};
    struct heap_pages pages;
    struct maps maps;
    const uintptr_t *at = made.roots;
    walk = (struct walk){.ranges = &made_ranges,
                         .roots = &roots,
                         .pages = &pages,
                         .maps = &maps,
                         .place = place,
                         .retainer_count = count};
    for (unsigned i = 0; i < count; i++, at += made.own_roots) {
        walk.retainers[i].module = retainers[i];
        list[roots.count++] = (struct root){.kind = ROOT_DATA,
                                            .start = (uintptr_t)at,
                                            .end = (uintptr_t)(at + made.own_roots),
                                            .module = retainers[i]};
    }
    list[roots.count++] = (struct root){
        .kind = ROOT_DATA, .start = (uintptr_t)at, .end = (uintptr_t)(made.roots + ROOT_WORDS)};
    if (made.gone_tls)
        list[roots.count++] = (struct root){.kind = ROOT_UNLOADED,
                                            .start = made.gone_tls,
                                            .end = made.gone_tls,
                                            .word = (uintptr_t)&made.gone_tls_now};
    cr_assert(heap_pages_read(&pages) && maps_read(&maps));
    ranges_ready(&made_ranges);
    struct rlimit before = limit_memory();
    walk_run(&walk);
    cr_assert_eq(setrlimit(RLIMIT_AS, &before), 0);
    heap_pages_free(&pages);
    maps_free(&maps);
    return &walk;
}

struct walk *made_walk(enum walk_place place)
{
    return made_walk_of(NULL, 0, place);
}
