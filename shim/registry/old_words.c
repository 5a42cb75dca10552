// SPDX-License-Identifier: MIT
#include "registry/old_words.h"
#include "base/sys.h"
#include "modules/territory.h"
#include "registry/heap.h"

#include <errno.h>

enum { WORD = sizeof(uintptr_t), PAGE = 4096, AT_ONCE = 32 };

enum { NEAR = 32, FIRST_SHIFT = 16, FURTHER_SHIFT = 18 };

/* A table by the hash of `slot`, each within NEAR places. Threads write without a lock: a mixture
 * of two entries is no word of any block. */
struct old_word {
    _Atomic uintptr_t slot, word;
    _Atomic uint32_t offset, site; /* of the slot in the block; of the block */
};

/* The second one is mapped when a word finds no place in the first: apache2 with php and perl has a
 * hundred thousand such words now and then. */
static struct old_word first_table[(1 << FIRST_SHIFT) + NEAR];
static struct old_word *_Atomic further_table;

static struct old_word *place_in(struct old_word *table, unsigned shift, uintptr_t slot)
{
    return &table[slot * 0x9e3779b97f4a7c15u >> (64 - shift)];
}

static struct old_word *get_further(void)
{
    enum { BYTES = ((1 << FURTHER_SHIFT) + NEAR) * sizeof(struct old_word) };
    struct old_word *nothing = NULL, *table = atomic_load(&further_table);
    if (table)
        return table;
    int saved_errno = errno;
    table = sys_map(BYTES);
    if (table && !atomic_compare_exchange_strong(&further_table, &nothing, table)) {
        sys_unmap(table, BYTES);
        table = nothing;
    }
    errno = saved_errno;
    return table;
}

static bool is_of_a_block(const struct old_word *old)
{
    uintptr_t slot = atomic_load_explicit(&old->slot, memory_order_relaxed);
    uintptr_t block = slot - atomic_load_explicit(&old->offset, memory_order_relaxed);
    return slot &&
           heap_site((const void *)block) == atomic_load_explicit(&old->site, memory_order_relaxed);
}

/* The place of the same address, else the first one without a block that lives; NULL: none. */
static struct old_word *find_place(struct old_word *first, uintptr_t slot)
{
    struct old_word *found = NULL;
    for (struct old_word *old = first; old < first + NEAR; old++) {
        uintptr_t present = atomic_load_explicit(&old->slot, memory_order_relaxed);
        if (present == slot)
            return old;
        if (!found && !is_of_a_block(old))
            found = old;
        if (!present)
            break;
    }
    return found;
}

static struct old_word *place_for(uintptr_t slot)
{
    struct old_word *first = place_in(first_table, FIRST_SHIFT, slot),
                    *found = find_place(first, slot);
    struct old_word *further = found ? NULL : get_further();
    if (further)
        found = find_place(place_in(further, FURTHER_SHIFT, slot), slot);
    return found ? found : first;
}

static COLD void note(uintptr_t block, uintptr_t slot, uintptr_t word)
{
    struct old_word *old = place_for(slot);
    atomic_store_explicit(&old->slot, slot, memory_order_relaxed);
    atomic_store_explicit(&old->word, word, memory_order_relaxed);
    atomic_store_explicit(&old->offset, (uint32_t)(slot - block), memory_order_relaxed);
    atomic_store_explicit(&old->site, heap_site((const void *)block), memory_order_relaxed);
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
 * would cost a page fault for each page. The first page was written to: the block's head lies
 * there. */
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

static bool has(const struct old_word *first, const struct old_word *like)
{
    for (const struct old_word *old = first; old < first + NEAR; old++)
        if (atomic_load_explicit(&old->slot, memory_order_relaxed) == like->slot)
            return atomic_load_explicit(&old->word, memory_order_relaxed) == like->word &&
                   atomic_load_explicit(&old->offset, memory_order_relaxed) == like->offset &&
                   atomic_load_explicit(&old->site, memory_order_relaxed) == like->site;
    return false;
}

bool old_words_has(uintptr_t block, uint32_t site, uintptr_t slot, uintptr_t word)
{
    struct old_word like = {slot, word, (uint32_t)(slot - block), site},
                    *further = atomic_load(&further_table);
    return has(place_in(first_table, FIRST_SHIFT, slot), &like) ||
           (further && has(place_in(further, FURTHER_SHIFT, slot), &like));
}
