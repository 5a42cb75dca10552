// SPDX-License-Identifier: MIT
#include "ownership/sites.h"
#include "base/dropped.h"
#include "base/guard.h"
#include "base/lock.h"
#include "base/options.h"
#include "ownership/caller_stack.h"
#include "ownership/cfi_table.h"
#include "ownership/layouts.h"

#include <string.h>

/* A hop: bytes to the frame's CFA (a multiple of 8), and in the low bits: */
enum {
    HOP_BY_UNWINDING = 1, /* the size is not fixed */
    HOP_OWNER = 2,        /* a common module that may be an owner by itself */
    HOP_FLAGS = 7,
    MOST_HOPS = 24,
};

enum { CHUNK_SHIFT = 10, CHUNK = 1 << CHUNK_SHIFT, CHUNKS = 4096, FIRST_COLLECTION = 2048 };

struct site_set site_cache[SITE_SETS];

struct lock sites_lock;
static struct site *sites; /* by key, without the retired ones */
static _Atomic(struct site **) chunks[CHUNKS];
static _Atomic bool started;
static uint32_t last_number = SITE_UNKNOWN, free_count;
static uint32_t *free_numbers;
static uint32_t free_capacity;
static struct site *retired;
static uint32_t retired_count, collect_at = FIRST_COLLECTION;
static unsigned victim;
static bool have_unknown;     /* a site in no known module is cached */
static _Atomic bool diverted; /* the first places of the cache stay empty */

void sites_start(void)
{
    atomic_store(&started, true);
}

struct site *site_get(uint32_t number)
{
    if (number == 0 || number >> CHUNK_SHIFT >= CHUNKS)
        return NULL;
    struct site **chunk = atomic_load(&chunks[number >> CHUNK_SHIFT]);
    return chunk ? chunk[number & (CHUNK - 1)] : NULL;
}

static bool is_permanent(const struct site *site)
{
    return module_is_permanent(site->owner.module) && module_is_permanent(site->requester.module);
}

static uint64_t value_of(const struct site *site)
{
    return (uint64_t)site->hop << 32 | site->number << SITE_SHIFT |
           (is_permanent(site) ? SITE_PERMANENT : 0);
}

static uint32_t number_of(uint64_t value)
{
    return (uint32_t)value >> SITE_SHIFT;
}

static uint32_t hop_of(uint64_t value)
{
    return (uint32_t)((value & ~SITE_PERMANENT) >> 32);
}

static inline bool may_be_used(uint64_t value)
{
    return likely(atomic_load_explicit(&modules_closes, memory_order_acquire) == 0) ||
           value & SITE_PERMANENT;
}

/* Number and hop for a key, or false. */
static inline bool cached(uintptr_t key, uint64_t *value)
{
    struct site_slot *slot = site_set_of(key)->slots;
    for (unsigned way = 0; way < SITE_WAYS; way++, slot++) {
        if (atomic_load_explicit(&slot->key, memory_order_acquire) != key)
            continue;
        *value = atomic_load_explicit(&slot->value, memory_order_acquire);
        return atomic_load_explicit(&slot->key, memory_order_relaxed) == key && may_be_used(*value);
    }
    return false;
}

static void cache_locked(const struct site *site)
{
    struct site_set *set = site_set_of(site->key);
    unsigned way = site->hop || atomic_load(&diverted) ? 1 : 0;
    while (way < SITE_WAYS && atomic_load(&set->slots[way].key) != 0)
        way++;
    if (way == SITE_WAYS)
        way = 1 + victim++ % (SITE_WAYS - 1);
    struct site_slot *slot = &set->slots[way];
    atomic_store(&slot->key, 0);
    atomic_store(&slot->value, value_of(site));
    atomic_store(&slot->key, site->key);
}

void sites_divert(void)
{
    if (atomic_load(&diverted) || !lock_acquire(&sites_lock))
        return;
    atomic_store(&diverted, true);
    for (unsigned i = 0; i < SITE_SETS; i++)
        atomic_store(&site_cache[i].slots[0].key, 0);
    lock_release(&sites_lock);
}

static void uncache_locked(const struct site *site)
{
    struct site_set *set = site_set_of(site->key);
    for (unsigned way = 0; way < SITE_WAYS; way++)
        if (atomic_load(&set->slots[way].key) == site->key)
            atomic_store(&set->slots[way].key, 0);
}

static bool number_locked(struct site *site)
{
    uint32_t number = free_count ? free_numbers[--free_count] : last_number + 1;
    if (number >> CHUNK_SHIFT >= CHUNKS)
        return false;
    _Atomic(struct site **) *chunk = &chunks[number >> CHUNK_SHIFT];
    if (!atomic_load(chunk))
        atomic_store(chunk, arena_alloc(CHUNK * sizeof(struct site *)));
    if (!atomic_load(chunk))
        return false;
    if (number > last_number)
        last_number = number;
    site->number = number;
    atomic_load(chunk)[number & (CHUNK - 1)] = site;
    return true;
}

static void free_site(struct site *site)
{
    module_unref(site->owner.module);
    module_unref(site->requester.module);
    stack_free(site->stack);
    arena_free(site, sizeof *site);
}

static void add_locked(struct site *site)
{
    HASH_ADD(hh, sites, key, sizeof site->key, site);
    if (site->owner.module)
        site->owner.module->has_sites = true;
    if (site->requester.module)
        site->requester.module->has_sites = true;
}

static bool is_of_loads(const struct site *site, const struct module *owner,
                        const struct module *requester)
{
    return site->owner.module == owner && site->requester.module == requester;
}

static void retire_site_locked(struct site *site);

/* The site of these loads for a key. A site of earlier loads at the addresses is retired: the list
 * of modules has changed, and the change was not reported yet. */
static struct site *find_locked(uintptr_t key, const struct module *owner,
                                const struct module *requester)
{
    struct site *site = NULL;
    HASH_FIND(hh, sites, &key, sizeof key, site);
    if (!site || is_of_loads(site, owner, requester))
        return site;
    retire_site_locked(site);
    return NULL;
}

/* Adds it, unless another thread was faster: then that one stays. False: neither. */
static bool add_site(struct site *site, uint64_t *value)
{
    if (!lock_acquire(&sites_lock)) {
        free_site(site);
        drop(DROP_SITE);
        return false;
    }
    struct site *present = find_locked(site->key, site->owner.module, site->requester.module);
    if (!present && (site->hop || number_locked(site))) {
        add_locked(site);
        HASH_FIND(hh, sites, &site->key, sizeof site->key, present);
    }
    if (present) {
        cache_locked(present);
        have_unknown |= !present->owner.module;
        *value = value_of(present);
    }
    lock_release(&sites_lock);
    if (present != site)
        free_site(site);
    return present;
}

static bool find_site(uintptr_t key, const struct module *owner, const struct module *requester,
                      uint64_t *value)
{
    if (!lock_acquire(&sites_lock))
        return false;
    const struct site *site = find_locked(key, owner, requester);
    if (site) {
        cache_locked(site);
        *value = value_of(site);
    }
    lock_release(&sites_lock);
    return site;
}

static uint32_t learn_hop(const struct module *module, uintptr_t pc)
{
    uint32_t size = layouts_size(pc);
    return (size ? size : HOP_BY_UNWINDING) | (module->runtime ? 0 : HOP_OWNER);
}

static bool is_libc(uintptr_t return_address)
{
    const struct module *module = modules_find_live(return_address - 1);
    return module && module->libc;
}

/* True in hcreate_r(3), which hcreate(3) calls. */
static bool is_of_table(uintptr_t return_address)
{
    static _Atomic uintptr_t hcreate_start;
    struct cfi_entry entry;
    if (!atomic_load(&hcreate_start))
        atomic_store(&hcreate_start,
                     (uintptr_t)module_symbol(modules_find_live(return_address - 1), "hcreate_r"));
    return cfi_find(&entry, return_address - 1, NULL) && entry.start == atomic_load(&hcreate_start);
}

/* `first` is the return address of the call that allocates. */
static bool learn(uintptr_t key, struct frame owner, struct frame requester, uint32_t hop,
                  uintptr_t first, uint64_t *value)
{
    struct site *site = arena_alloc(sizeof *site);
    if (!site) {
        drop(DROP_SITE);
        return false;
    }
    *site = (struct site){.key = key, .hop = hop, .owner = owner, .requester = requester};
    module_ref(owner.module);
    module_ref(requester.module);
    site->by_libc = !hop && is_libc(first);
    site->is_table = site->by_libc && is_of_table(first);
    /* Modules that stay have no finding that needs the stack. */
    if (!hop && !is_permanent(site))
        site->stack = stack_capture_small(options.malloc_context_size);
    return add_site(site, value);
}

/* False: the list has a module there, but may be wrong. */
static bool frame_of_call(uintptr_t return_address, struct frame *frame)
{
    *frame = (struct frame){return_address, modules_find_live(return_address - 1)};
    return frame->module || !modules_find(return_address - 1);
}

static COLD bool lookup_slow(uintptr_t pc, uintptr_t first, uint64_t *value)
{
    struct frame frame;
    if (!frame_of_call(pc, &frame))
        return false;
    const struct module *module = frame.module;
    if (find_site(pc, module, module, value))
        return true;
    /* The loader allocates for itself, often, and from frames that would have to be unwound. */
    bool passes_over = module && module->common && !module->loader;
    return learn(pc, frame, frame, passes_over ? learn_hop(module, pc) : 0, first, value);
}

/* Gives the cached value of a return address, and learns it at the first call. False: this failed.
 */
static inline bool lookup(uintptr_t pc, uintptr_t first, uint64_t *value)
{
    return likely(cached(pc, value)) || lookup_slow(pc, first, value);
}

/* The site for a call that `requester` made through the common module that `owner` lies in. */
static uint32_t pair_site(uintptr_t owner, uintptr_t requester, uintptr_t first)
{
    uint64_t value;
    struct frame by, on_behalf;
    uintptr_t key = ((owner * 31) ^ (requester * 0x9e3779b97f4a7c15u)) | (uintptr_t)1 << 63;
    if (cached(key, &value))
        return number_of(value);
    if (!frame_of_call(owner, &by) || !frame_of_call(requester, &on_behalf))
        return 0;
    bool known = find_site(key, by.module, on_behalf.module, &value) ||
                 learn(key, by, on_behalf, 0, first, &value);
    return known ? number_of(value) : 0;
}

static __attribute__((noinline)) uint32_t site_by_unwinding(void)
{
    uintptr_t pcs[MOST_HOPS], owner = 0;
    size_t count = caller_stack_walk(pcs, ARRAY_SIZE(pcs));
    for (size_t i = 0; i < count; i++) {
        uint64_t value;
        if (!lookup(pcs[i], pcs[0], &value))
            return 0;
        uint32_t hop = hop_of(value);
        if (!hop)
            return owner ? pair_site(owner, pcs[i], pcs[0]) : number_of(value);
        if (!owner && hop & HOP_OWNER)
            owner = pcs[i];
    }
    return owner ? pair_site(owner, owner, pcs[0]) : 0;
}

static uint32_t walk(uintptr_t pc, uintptr_t cfa)
{
    uintptr_t owner = 0, first = pc;
    for (unsigned hops = 0; hops < MOST_HOPS; hops++) {
        uint64_t value;
        if (!lookup(pc, first, &value))
            return 0;
        uint32_t hop = hop_of(value);
        if (!hop)
            return owner ? pair_site(owner, pc, first) : number_of(value);
        if (hop & HOP_BY_UNWINDING)
            return site_by_unwinding();
        if (!owner && hop & HOP_OWNER)
            owner = pc;
        cfa += hop & ~(uint32_t)HOP_FLAGS;
        pc = *((const uintptr_t *)cfa - 1);
    }
    return owner ? pair_site(owner, owner, first) : 0;
}

uint32_t site_slow(uintptr_t pc, uintptr_t cfa)
{
    int saved_errno;
    /* A constructor under RTLD_DEEPBIND may free past us a block that libc made for it through us.
     */
    if (unlikely(guard.ignoring > 0 || (guard.dlopen_pending && guard.dlopen_deepbind)))
        return SITE_UNKNOWN;
    if (!atomic_load_explicit(&started, memory_order_relaxed) || !guard_enter(&saved_errno))
        return 0;
    uint32_t number = walk(pc, cfa);
    guard_leave(saved_errno);
    return number;
}

/* No new call finds it any more; blocks that have its number keep it. */
static void retire_site_locked(struct site *site)
{
    uncache_locked(site);
    HASH_DELETE(hh, sites, site);
    if (site->hop) {
        free_site(site);
        return;
    }
    site->next_retired = retired;
    retired = site;
    retired_count++;
}

/* Every site of `module`; NULL: those of no known module. */
static void retire_locked(const struct module *module)
{
    struct site *site, *next;
    if (module && !module->has_sites)
        return;
    HASH_ITER (hh, sites, site, next)
        if (site_is_of(site, module))
            retire_site_locked(site);
}

static void retire(const struct module *module)
{
    if (!lock_acquire(&sites_lock)) {
        drop(DROP_SITE);
        return;
    }
    retire_locked(module);
    if (!module)
        have_unknown = false;
    lock_release(&sites_lock);
}

void sites_module_loaded(void)
{
    if (have_unknown)
        retire(NULL);
}

void sites_module_unloaded(const struct module *module)
{
    retire(module);
}

static struct site_bitmap *make_bitmap_locked(void)
{
    uint32_t numbers = last_number + 1;
    size_t size = sizeof(struct site_bitmap) + (numbers / 64 + 1) * sizeof(uint64_t);
    struct site_bitmap *bitmap = arena_alloc(size);
    if (bitmap)
        *bitmap = (struct site_bitmap){.size = size, .numbers = numbers, .newest = retired};
    return bitmap;
}

bool sites_find_retired(site_chooser *choose, void *data, struct site_bitmap **bitmap)
{
    bool complete = true;
    *bitmap = NULL;
    if (!lock_acquire(&sites_lock))
        return false;
    for (struct site *site = retired; site && complete; site = site->next_retired) {
        if (!choose(site, data))
            continue;
        if (!*bitmap)
            *bitmap = make_bitmap_locked();
        complete = *bitmap != NULL;
        if (complete)
            site_mark(*bitmap, site->number);
    }
    lock_release(&sites_lock);
    return complete;
}

void site_bitmap_free(struct site_bitmap *bitmap)
{
    if (bitmap)
        arena_free(bitmap, bitmap->size);
}

struct site_bitmap *sites_collect_begin(void)
{
    struct site_bitmap *bitmap = NULL;
    if (!lock_acquire(&sites_lock))
        return NULL;
    if (retired_count >= collect_at)
        bitmap = make_bitmap_locked();
    lock_release(&sites_lock);
    return bitmap;
}

void site_mark(struct site_bitmap *bitmap, uint32_t number)
{
    if (number < bitmap->numbers)
        bitmap->words[number / 64] |= (uint64_t)1 << number % 64;
}

static void free_number_locked(uint32_t number)
{
    if (free_count == free_capacity) {
        uint32_t capacity = free_capacity ? free_capacity * 2 : 1024;
        uint32_t *numbers = arena_alloc(capacity * sizeof *numbers);
        if (!numbers)
            return; /* the only harm: the number is not used again */
        if (free_numbers)
            memcpy(numbers, free_numbers, free_count * sizeof *numbers);
        arena_free(free_numbers, free_capacity * sizeof *numbers);
        free_numbers = numbers;
        free_capacity = capacity;
    }
    free_numbers[free_count++] = number;
}

void sites_collect_end(struct site_bitmap *bitmap)
{
    if (!lock_acquire(&sites_lock)) {
        arena_free(bitmap, bitmap->size);
        return;
    }
    struct site **link = &retired;
    while (*link && *link != bitmap->newest)
        link = &(*link)->next_retired;
    while (*link) {
        struct site *site = *link;
        uint32_t n = site->number;
        if (bitmap->words[n / 64] >> n % 64 & 1) {
            link = &site->next_retired;
            continue;
        }
        *link = site->next_retired;
        atomic_load(&chunks[n >> CHUNK_SHIFT])[n & (CHUNK - 1)] = NULL;
        free_number_locked(n);
        free_site(site);
        retired_count--;
    }
    collect_at = FIRST_COLLECTION + 2 * retired_count;
    lock_release(&sites_lock);
    arena_free(bitmap, bitmap->size);
}

uint32_t sites_count(void)
{
    return last_number - SITE_UNKNOWN - free_count;
}
