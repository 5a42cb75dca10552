// SPDX-License-Identifier: MIT
#include "scan/ranges.h"

#include <string.h>

static void remove_overlaps(struct ranges *ranges, const struct module *module)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < ranges->count; i++)
        if (ranges->list[i].end <= module->start || ranges->list[i].start >= module->end)
            ranges->list[kept++] = ranges->list[i];
    ranges->count = kept;
}

void ranges_add(struct ranges *ranges, struct module *module)
{
    remove_overlaps(ranges, module);
    ranges->shift = 0;
    if (ranges->count == RANGES_MAX || module->start >= module->end)
        return;
    unsigned at = ranges->count++;
    for (; at > 0 && ranges->list[at - 1].start > module->start; at--)
        ranges->list[at] = ranges->list[at - 1];
    ranges->list[at] = (struct range){module->start, module->end, module, false};
    ranges->lowest = ranges->list[0].start;
    ranges->span = ranges->list[ranges->count - 1].end - ranges->lowest;
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
    unsigned low = 0, high = ranges->count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (ranges->list[middle].end <= word)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ranges->count && word >= ranges->list[low].start ? &ranges->list[low] : NULL;
}
