// SPDX-License-Identifier: MIT
/*
 * The common part of the interposed functions that make objects which a module may leave behind:
 * descriptors and mappings. The caller is the owner. In a program that has loaded nothing since its
 * start, this is the only check.
 */
#ifndef DLPIN_INTERPOSE_MAKING_H
#define DLPIN_INTERPOSE_MAKING_H

#include "modules/modules.h"
#include "ownership/sites.h"

/* The function that calls us: its return address, and its stack pointer after the call. */
struct making {
    uintptr_t pc, cfa;
};

#define MAKER() \
    ((struct making){(uintptr_t)__builtin_return_address(0), (uintptr_t)__builtin_dwarf_cfa()})

/* True if a module that can be unloaded may have called, itself or through a common one. */
static inline bool making_counts(struct making making)
{
    if (likely(!atomic_load_explicit(&modules_came, memory_order_relaxed)))
        return false;
    const struct module *caller = modules_find(making.pc - 1);
    return !caller || !caller->startup || caller->common;
}

static inline uint32_t making_site(struct making making)
{
    return site_here(making.pc, making.cfa);
}

#endif
