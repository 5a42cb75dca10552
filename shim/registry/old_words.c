// SPDX-License-Identifier: MIT
#include "registry/old_words.h"
#include "base/sys.h"
#include "modules/territory.h"
#include "registry/heap.h"

#include <errno.h>
#include <string.h>

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

uint8_t old_words_due[OLD_WORDS_SITES];

void old_words_expect(void)
{
    if (atomic_load(&territory.end))
        memset(old_words_due, OLD_WORDS_IN_VAIN, sizeof old_words_due);
}

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

static bool is_same(const struct old_word *old, const struct old_word *like)
{
    return atomic_load_explicit(&old->slot, memory_order_relaxed) == like->slot &&
           atomic_load_explicit(&old->word, memory_order_relaxed) == like->word &&
           atomic_load_explicit(&old->offset, memory_order_relaxed) == like->offset &&
           atomic_load_explicit(&old->site, memory_order_relaxed) == like->site;
}

/* False: it was there already, of an earlier block of the same site at the same address. */
static COLD bool note(uintptr_t block, uint32_t site, uintptr_t slot, uintptr_t word)
{
    struct old_word like = {slot, word, (uint32_t)(slot - block), site}, *old = place_for(slot);
    if (is_same(old, &like))
        return false;
    atomic_store_explicit(&old->slot, slot, memory_order_relaxed);
    atomic_store_explicit(&old->word, word, memory_order_relaxed);
    atomic_store_explicit(&old->offset, like.offset, memory_order_relaxed);
    atomic_store_explicit(&old->site, site, memory_order_relaxed);
    return true;
}

static bool is_zero(const uintptr_t *at, const uintptr_t *end)
{
    while (at < end && *at == 0)
        at++;
    return at == end;
}

/* Addresses of modules have their upper halves in common: those of four words are compared at
 * once. */
typedef uint32_t lanes __attribute__((vector_size(2 * WORD), aligned(WORD), may_alias));

enum { LANES = 4 };

struct filter {
    uintptr_t lowest, span;
    lanes mask, like;
};

static struct filter make_filter(uintptr_t lowest, uintptr_t end)
{
    uint32_t high = (uint32_t)(lowest >> 32), differ = high ^ (uint32_t)((end - 1) >> 32);
    uint32_t mask = differ ? ~(UINT32_MAX >> __builtin_clz(differ)) : UINT32_MAX;
    lanes nothing = {0};
    return (struct filter){.lowest = lowest,
                           .span = end - lowest,
                           .mask = nothing + mask,
                           .like = nothing + (high & mask)};
}

/* [at, end) is a whole number of four words. */
static bool any_may_lead(const struct filter *filter, const uintptr_t *at, const uintptr_t *end)
{
    lanes found = {0};
    for (; at < end; at += LANES) {
        const lanes *pair = (const lanes *)at;
        lanes halves = __builtin_shufflevector(pair[0], pair[1], 1, 3, 5, 7);
        found |= (lanes)((halves & filter->mask) == filter->like);
    }
    return (found[0] | found[1] | found[2] | found[3]) != 0;
}

/* A block that is read. */
struct reading {
    struct filter filter;
    uintptr_t block;
    uint32_t site;
    bool found;
};

static void read_part(struct reading *reading, const uintptr_t *at, const uintptr_t *end)
{
    const struct filter *filter = &reading->filter;
    while (at < end) {
        const uintptr_t *next = end - at > AT_ONCE ? at + AT_ONCE : end;
        const uintptr_t *whole = at + (next - at) / LANES * LANES;
        if (whole > at && !any_may_lead(filter, at, whole)) {
            at = whole;
            continue;
        }
        for (; at < next; at++) {
            if (unlikely(*at - filter->lowest < filter->span) && territory_has(*at))
                reading->found |= note(reading->block, reading->site, (uintptr_t)at, *at);
        }
    }
}

/* A sample that has one says that modules began to leave words: then other sites have some, too. */
static void count_reading(uint8_t *due, bool found)
{
    uint8_t before = __atomic_load_n(due, __ATOMIC_RELAXED);
    if (found && before == 0)
        old_words_expect();
    else if (found || before > 0)
        __atomic_store_n(due, found ? OLD_WORDS_IN_VAIN : before - 1, __ATOMIC_RELAXED);
}

/* A page of zeros was never used, and what follows was not either: nobody needs to read that, which
 * would cost a page fault for each page. The first page was written to: the block's head lies
 * there. */
void old_words_note(const void *block, size_t from, size_t size)
{
    uintptr_t start = (uintptr_t)block, end = (start + size) & ~(uintptr_t)(WORD - 1);
    uintptr_t at = (start + from + WORD - 1) & ~(uintptr_t)(WORD - 1);
    uintptr_t lowest = atomic_load_explicit(&territory.lowest, memory_order_relaxed);
    uintptr_t highest = atomic_load_explicit(&territory.end, memory_order_relaxed);
    if (!highest || from >= size)
        return;
    struct reading reading = {make_filter(lowest, highest), start, heap_site(block), false};
    for (uintptr_t next; at < end; at = next) {
        next = (at | (PAGE - 1)) + 1;
        next = next < end ? next : end;
        if (at % PAGE == 0 && is_zero((const uintptr_t *)at, (const uintptr_t *)next))
            break;
        read_part(&reading, (const uintptr_t *)at, (const uintptr_t *)next);
    }
    count_reading(&old_words_due[reading.site % OLD_WORDS_SITES], reading.found);
}

static bool has(const struct old_word *first, const struct old_word *like)
{
    for (const struct old_word *old = first; old < first + NEAR; old++)
        if (atomic_load_explicit(&old->slot, memory_order_relaxed) == like->slot)
            return is_same(old, like);
    return false;
}

bool old_words_has(uintptr_t block, uint32_t site, uintptr_t slot, uintptr_t word)
{
    struct old_word like = {slot, word, (uint32_t)(slot - block), site},
                    *further = atomic_load(&further_table);
    return has(place_in(first_table, FIRST_SHIFT, slot), &like) ||
           (further && has(place_in(further, FURTHER_SHIFT, slot), &like));
}
