// SPDX-License-Identifier: MIT
#include "scan/ranges.h"

#include <string.h>

/* The first range that ends after an address. */
static unsigned first_ending_after(const struct ranges *ranges, uintptr_t address)
{
    unsigned low = 0, high = ranges->count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (ranges->list[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool ranges_overlap(const struct ranges *ranges, uintptr_t start, uintptr_t end)
{
    unsigned at = first_ending_after(ranges, start);
    return at < ranges->count && ranges->list[at].start < end;
}

/* Moves the ranges from `last` on, so that one range fits in place of those from `first` to before
 * `last`. */
static void make_room(struct ranges *ranges, unsigned first, unsigned last)
{
    memmove(&ranges->list[first + 1], &ranges->list[last],
            (ranges->count - last) * sizeof *ranges->list);
    ranges->count = ranges->count - (last - first) + 1;
}

static void add(struct ranges *ranges, const struct range *range)
{
    unsigned first = first_ending_after(ranges, range->start), last = first;
    ranges->shift = 0;
    while (last < ranges->count && ranges->list[last].start < range->end)
        last++;
    if (range->start >= range->end || (first == last && ranges->count == RANGES_MAX))
        return;
    make_room(ranges, first, last);
    ranges->list[first] = *range;
    ranges->lowest = ranges->list[0].start;
    ranges->span = ranges->list[ranges->count - 1].end - ranges->lowest;
}

void ranges_add(struct ranges *ranges, struct module *module)
{
    add(ranges, &(struct range){module->start, module->end, module, false, false});
}

void ranges_add_word(struct ranges *ranges, uintptr_t word, struct module *module)
{
    add(ranges, &(struct range){word, word + 1, module, false, false});
}

void ranges_add_mapped(struct ranges *ranges, uintptr_t start, uintptr_t end, struct module *module)
{
    add(ranges, &(struct range){start, end, module, false, true});
}

void ranges_ready(struct ranges *ranges)
{
    unsigned shift = 12;
    while (ranges->span >> shift >= RANGES_PARTS)
        shift++;
    memset(ranges->parts, 0, sizeof ranges->parts);
    for (unsigned i = 0; i < ranges->count; i++) {
        const struct range *range = &ranges->list[i];
        uintptr_t last = (range->end - 1 - ranges->lowest) >> shift;
        for (uintptr_t part = (range->start - ranges->lowest) >> shift; part <= last; part++)
            ranges->parts[part / 64] |= (uint64_t)1 << part % 64;
    }
    ranges->shift = shift;
}

const struct range *ranges_search(const struct ranges *ranges, uintptr_t word)
{
    unsigned at = first_ending_after(ranges, word);
    return at < ranges->count && word >= ranges->list[at].start ? &ranges->list[at] : NULL;
}
