// SPDX-License-Identifier: MIT
/*
 * Call sites: on whose behalf a block was allocated, or a value set, as one 32-bit number.
 *
 * A site stands for a return address, and for the load of the module that it lies in: a new module
 * at an old address gets new numbers, so it is never blamed for what its predecessor made. Where
 * the caller is a common module (strdup, operator new, g_malloc) the stack is followed to the first
 * that is not: frames of fixed size by adding their size, which is learned once
 * (ownership/layouts.h), others by unwinding.
 *
 * site_here is the hot path: a hash, one cache line, no lock. It finds what is in a fixed cache;
 * everything else is the slow path, under the guard and the sites' lock. Number 0 means "not
 * known". While some thread closes a module, the cache serves only sites of modules that are never
 * unloaded: all others are compared with the load that lies there now (modules_find_live).
 */
#ifndef DLPIN_OWNERSHIP_SITES_H
#define DLPIN_OWNERSHIP_SITES_H

#include "base/compiler.h"
#include "ownership/stack.h"

#include <stdint.h>

struct site {
    uint32_t number;
    uint32_t hop;           /* 0: a site; else pass over this frame (flags and size, see sites.c) */
    uintptr_t key;          /* return address, or a mixture of two with the top bit set */
    struct frame owner;     /* whose call it is: the nearest module that is not a runtime */
    struct frame requester; /* the nearest that is not common; the same where the owner is not */
    struct stack *stack;    /* of the first call from here */
    bool by_libc;           /* the C library allocated, called from here; */
    bool is_table;          /* a table for entries of its callers, which begins empty (hcreate) */
    struct site *next_retired;
    UT_hash_handle hh;
};

/*
 * The cache. A set is one cache line. Its first place is for callers that are not common modules,
 * and goes to another only after the code there is unloaded: a caller that finds its return address
 * in it may trust the number without a second check. The other places are shared by the rest of the
 * set.
 */
struct site_slot {
    _Atomic uintptr_t key;
    _Atomic uint64_t value; /* hop << 32 | number << SITE_SHIFT, and SITE_PERMANENT */
};

enum { SITE_SHIFT = 5 };

/* No module of the site can be unloaded. */
#define SITE_PERMANENT ((uint64_t)1 << 63)

/* A block's number where its site is not known; site_get gives NULL for it. */
enum { SITE_UNKNOWN = 1 };

enum { SITE_WAYS = 4, SITE_SETS_SHIFT = 13, SITE_SETS = 1 << SITE_SETS_SHIFT };

struct site_set {
    struct site_slot slots[SITE_WAYS];
} __attribute__((aligned(64)));

extern HIDDEN struct site_set site_cache[SITE_SETS];

static inline struct site_set *site_set_of(uintptr_t key)
{
    return &site_cache[(key * 0x9e3779b97f4a7c15u) >> (64 - SITE_SETS_SHIFT)];
}

/* True if it is in its set's first place, and then its number, shifted as the heap map wants it.
 * While a module is being closed nothing is: another one may lie at the address. */
static inline bool site_fast(uintptr_t pc, uint32_t *shifted)
{
    const struct site_slot *slot = &site_set_of(pc)->slots[0];
    uintptr_t key = atomic_load_explicit(&slot->key, memory_order_acquire);
    *shifted = (uint32_t)atomic_load_explicit(&slot->value, memory_order_relaxed);
    return likely(key == pc) &&
           likely(atomic_load_explicit(&modules_closes, memory_order_relaxed) == 0);
}

/* Everything else: the other places, common modules, and call sites that are new. */
uint32_t site_slow(uintptr_t pc, uintptr_t cfa);

/*
 * The site of the function that `pc` returns into. `cfa` is the caller's stack pointer after the
 * call:
 * __builtin_dwarf_cfa() of the interposed function.
 */
static inline uint32_t site_here(uintptr_t pc, uintptr_t cfa)
{
    uint32_t shifted;
    return site_fast(pc, &shifted) ? shifted >> SITE_SHIFT : site_slow(pc, cfa);
}

/* From here on every call comes to site_slow, where a thread that makes what is not to be reported
 * (guard.ignoring) gets SITE_UNKNOWN. Programs that do not ask for it do not pay for it. */
void sites_divert(void);

/* From here on sites are made; before, everything is site 0. */
void sites_start(void);

/* NULL for 0. Valid as long as a block or value has the number, or the check lock is held. */
struct site *site_get(uint32_t number);

/* Any of the site's modules can be unloaded; is this one; was left. `site` may be NULL. */
static inline bool site_may_be_unloaded(const struct site *site)
{
    return site && ((site->owner.module && !site->owner.module->startup) ||
                    (site->requester.module && !site->requester.module->startup));
}

static inline bool site_is_of(const struct site *site, const struct module *module)
{
    return site && (site->owner.module == module || site->requester.module == module);
}

static inline bool site_is_left(const struct site *site)
{
    return site && (module_is_left(site->owner.module) || module_is_left(site->requester.module));
}

/* A module came: what was called from unknown code may lie in it. */
void sites_module_loaded(void);

/* Its sites are retired: no call finds them any more, blocks that have their numbers keep them. */
void sites_module_unloaded(const struct module *module);

/* Numbers, as bits. */
struct site_bitmap {
    size_t size;
    uint32_t numbers;
    struct site *newest; /* sites retired later than this are not examined */
    uint64_t words[];
};

void site_mark(struct site_bitmap *bitmap, uint32_t number);

static inline bool site_is_marked(const struct site_bitmap *bitmap, uint32_t number)
{
    return number < bitmap->numbers && bitmap->words[number / 64] >> number % 64 & 1;
}

void site_bitmap_free(struct site_bitmap *bitmap);

/* Marks those retired sites that `choose`, under the sites' lock, says yes to. The bitmap is the
 * caller's; NULL: there are none. False: there was no memory. */
typedef bool site_chooser(const struct site *site, void *data);
bool sites_find_retired(site_chooser *choose, void *data, struct site_bitmap **bitmap);

/*
 * Retired sites that no block has any more are given back. Where there are enough of them to be
 * worth it, sites_collect_begin returns a bitmap in which the caller marks each number in use
 * (site_mark), and sites_collect_end gives the others back. Under the check lock.
 */
struct site_bitmap *sites_collect_begin(void);
void sites_collect_end(struct site_bitmap *bitmap);

/* For the tests: how many sites there are, retired ones included. */
uint32_t sites_count(void);

extern struct lock sites_lock;

#endif
