// SPDX-License-Identifier: MIT
#include "registry/old_words.h"
#include "modules/territory.h"
#include "registry/heap.h"

enum { WORD = sizeof(uintptr_t), PAGE = 4096, AT_ONCE = 32, NEAR = 64, WAYS = 16, SETS_SHIFT = 12 };

/* Threads write without a lock: a mixture of two entries is no word of any block. */
static struct old_word {
    _Atomic uintptr_t block, slot, word;
    _Atomic uint32_t site;
} words[1 << SETS_SHIFT][WAYS];

/* Words that are near one another have places that are, so that little of the table is touched. */
static struct old_word *ways_of(uintptr_t slot)
{
    uintptr_t set = slot / NEAR, window = set >> SETS_SHIFT;
    return words[(set ^ window * 0x9e3779b9u) % (1 << SETS_SHIFT)];
}

static bool is_of_a_block(const struct old_word *old)
{
    uintptr_t block = atomic_load_explicit(&old->block, memory_order_relaxed);
    return block &&
           heap_site((const void *)block) == atomic_load_explicit(&old->site, memory_order_relaxed);
}

/* Takes the place of what was at the same address, or of a block that was freed; else of one that
 * the address chooses. */
static COLD void note(uintptr_t block, uintptr_t slot, uintptr_t word)
{
    uint32_t site = heap_site((const void *)block);
    struct old_word *ways = ways_of(slot), *old = &ways[slot / WORD % WAYS];
    for (unsigned i = 0; i < WAYS; i++)
        if (!is_of_a_block(&ways[i]))
            old = &ways[i];
    for (unsigned i = 0; i < WAYS; i++)
        if (atomic_load_explicit(&ways[i].slot, memory_order_relaxed) == slot)
            old = &ways[i];
    atomic_store_explicit(&old->block, block, memory_order_relaxed);
    atomic_store_explicit(&old->slot, slot, memory_order_relaxed);
    atomic_store_explicit(&old->word, word, memory_order_relaxed);
    atomic_store_explicit(&old->site, site, memory_order_relaxed);
}

static bool is_zero(const uintptr_t *at, const uintptr_t *end)
{
    while (at < end && *at == 0)
        at++;
    return at == end;
}

/* Addresses of modules have their upper halves in common: two words are compared at once. */
typedef uint32_t lanes __attribute__((vector_size(2 * WORD), may_alias));

struct filter {
    uintptr_t lowest, span;
    lanes mask, like;
};

static struct filter make_filter(uintptr_t lowest, uintptr_t end)
{
    uint32_t high = (uint32_t)(lowest >> 32), differ = high ^ (uint32_t)((end - 1) >> 32);
    uint32_t mask = differ ? ~(UINT32_MAX >> __builtin_clz(differ)) : UINT32_MAX;
    return (struct filter){.lowest = lowest,
                           .span = end - lowest,
                           .mask = {0, mask, 0, mask},
                           .like = {1, high & mask, 1, high & mask}};
}

static bool any_may_lead(const struct filter *filter, const uintptr_t *at)
{
    const lanes *pair = (const lanes *)at;
    lanes found = (pair[0] & filter->mask) == filter->like;
#pragma GCC unroll 16
    for (unsigned i = 1; i < AT_ONCE / 2; i++)
        found |= (pair[i] & filter->mask) == filter->like;
    return ((uint64_t)found[1] | found[3]) != 0;
}

static void read_part(const struct filter *filter, uintptr_t block, const uintptr_t *at,
                      const uintptr_t *end)
{
    while (at < end) {
        const uintptr_t *next = at + AT_ONCE;
        if ((uintptr_t)at % sizeof(lanes) == 0 && next <= end && !any_may_lead(filter, at)) {
            at = next;
            continue;
        }
        for (next = next < end ? next : end; at < next; at++)
            if (unlikely(*at - filter->lowest < filter->span) && territory_has(*at))
                note(block, (uintptr_t)at, *at);
    }
}

/* A page of zeros was never used, and what follows was not either: nobody needs to read that, which
 * costs a page fault for each page. The first page was written to: the block's head lies there. */
void old_words_note(const void *block, size_t from, size_t size)
{
    uintptr_t start = (uintptr_t)block, end = (start + size) & ~(uintptr_t)(WORD - 1);
    uintptr_t at = (start + from + WORD - 1) & ~(uintptr_t)(WORD - 1);
    uintptr_t highest = atomic_load_explicit(&territory.end, memory_order_relaxed);
    if (!highest || from >= size)
        return;
    struct filter filter =
        make_filter(atomic_load_explicit(&territory.lowest, memory_order_relaxed), highest);
    for (uintptr_t next; at < end; at = next) {
        next = (at | (PAGE - 1)) + 1;
        next = next < end ? next : end;
        if (at % PAGE == 0 && is_zero((const uintptr_t *)at, (const uintptr_t *)next))
            break;
        read_part(&filter, start, (const uintptr_t *)at, (const uintptr_t *)next);
    }
}

bool old_words_has(uintptr_t block, uint32_t site, uintptr_t slot, uintptr_t word)
{
    const struct old_word *ways = ways_of(slot);
    for (unsigned i = 0; i < WAYS; i++)
        if (atomic_load_explicit(&ways[i].slot, memory_order_relaxed) == slot)
            return atomic_load_explicit(&ways[i].block, memory_order_relaxed) == block &&
                   atomic_load_explicit(&ways[i].word, memory_order_relaxed) == word &&
                   atomic_load_explicit(&ways[i].site, memory_order_relaxed) == site;
    return false;
}
