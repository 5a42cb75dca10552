// SPDX-License-Identifier: MIT
#include "modules/territory.h"

struct territory territory;

void territory_add(uintptr_t start, uintptr_t end)
{
    uintptr_t part = start >> TERRITORY_SHIFT, last = (end - 1) >> TERRITORY_SHIFT;
    if (last - part >= TERRITORY_PARTS)
        last = part + TERRITORY_PARTS - 1;
    for (; part <= last; part++) {
        uintptr_t at = part & (TERRITORY_PARTS - 1);
        atomic_fetch_or(&territory.parts[at / TERRITORY_WORD], (uint64_t)1 << at % TERRITORY_WORD);
    }
    if (!territory.end || start < territory.lowest)
        atomic_store(&territory.lowest, start);
    if (end > territory.end)
        atomic_store(&territory.end, end);
}
