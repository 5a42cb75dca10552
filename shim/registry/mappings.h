// SPDX-License-Identifier: MIT
/*
 * Memory that modules mapped that can be unloaded (mmap, shmat), as far as it is still mapped.
 *
 * The functions that change the list take the registry lock, and are called inside the guard.
 */
#ifndef DLPIN_REGISTRY_MAPPINGS_H
#define DLPIN_REGISTRY_MAPPINGS_H

#include "ownership/sites.h"
#include "registry/registry.h"

struct mapped {
    uint64_t serial; /* never used again */
    uintptr_t start, end;
    uint32_t site;
    const char *call; /* what mapped it */
    enum reach reach; /* as of the last look; under the check lock, too */
};

/* All lie within; both 0: there are none. */
extern HIDDEN _Atomic uintptr_t mappings_lowest, mappings_highest;

/* True if one may have a part of [start, start + size). Without a lock, any phase, also in signal
 * handlers. */
static inline bool mappings_may_have(uintptr_t start, size_t size)
{
    return start < atomic_load_explicit(&mappings_highest, memory_order_relaxed) &&
           start + size > atomic_load_explicit(&mappings_lowest, memory_order_relaxed);
}

/* `call` mapped it at this site, or, where that is nobody who can be unloaded, somebody else. What
 * was there before is over. */
void mapping_made(uintptr_t start, size_t size, const char *call, uint32_t site);

/* Of what was there only the rest remains. */
void mapping_ended(uintptr_t start, size_t size);

/* mremap(2): it is whose it was. */
void mapping_moved(uintptr_t from, size_t old_size, uintptr_t to, size_t size);

/* shmdt(2): the whole that begins there. */
void mapping_detached(uintptr_t start);

bool mapping_is_there(const struct mapped *mapped);

/* Every one of them, in ascending order, under the registry lock. */
typedef void mapping_visitor(struct mapped *mapped, void *data);
void mappings_each_locked(mapping_visitor *visit, void *data);
const struct mapped *mapping_by_serial_locked(uint64_t serial);

/* The one that has the address, or NULL. */
const struct mapped *mapping_find_locked(uintptr_t address);

void mappings_mark_sites_locked(struct site_bitmap *bitmap);

#endif
