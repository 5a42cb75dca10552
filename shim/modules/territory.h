// SPDX-License-Identifier: MIT
/*
 * Where modules that can be unloaded lie, or lay once. An answer takes a few instructions and no
 * lock, in any phase; it may be true for what lies right beside such a module.
 */
#ifndef DLPIN_MODULES_TERRITORY_H
#define DLPIN_MODULES_TERRITORY_H

#include "base/compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A bit for each part of 64 KB, in a window of 4 GB: parts further apart share a bit. */
enum { TERRITORY_SHIFT = 16, TERRITORY_PARTS = 1 << 16, TERRITORY_WORD = 64 };

struct territory {
    _Atomic uintptr_t lowest, end; /* of all */
    _Atomic uint64_t parts[TERRITORY_PARTS / TERRITORY_WORD];
};

extern HIDDEN struct territory territory;

/* Under the modules' lock. */
void territory_add(uintptr_t start, uintptr_t end);

/* For an address between `lowest` and `end`. */
static inline bool territory_has(uintptr_t address)
{
    uintptr_t part = address >> TERRITORY_SHIFT & (TERRITORY_PARTS - 1);
    uint64_t bits =
        atomic_load_explicit(&territory.parts[part / TERRITORY_WORD], memory_order_relaxed);
    return bits >> part % TERRITORY_WORD & 1;
}

#endif
