// SPDX-License-Identifier: MIT
#include "registry/heap.h"
#include "base/dropped.h"
#include "base/sys.h"

#include <errno.h>

enum {
    SEARCH_BYTES = 8192,
    OTHER_GRANULE_SHIFT = 3,
    LEAVES_LISTED = 16384,
    CROWDED = 64,
    PATIENCE = 10000, /* reads of a slot */
    GLIBC_PLACE_MASK = 16,
    OTHER_PLACE_MASK = 24
};

struct heap_slot heap_slots[HEAP_SLOTS];
bool heap_is_seen = true;

static struct heap_slot *slots = heap_slots;

/* Leaves whose slot is taken. */
static struct {
    _Atomic uintptr_t number; /* and 1; 0: free */
    heap_entry *_Atomic leaf;
} crowded[CROWDED];

unsigned heap_shift = HEAP_GRANULE_SHIFT;

heap_entry heap_place_mask = GLIBC_PLACE_MASK;

/* The numbers of the leaves that there are, in the order in which they came: 1 TB of them. */
static _Atomic uint32_t listed[LEAVES_LISTED];
static _Atomic unsigned listed_count;

void heap_init(bool glibc_malloc)
{
    if (!glibc_malloc) {
        struct heap_slot *other_slots = sys_map(HEAP_SLOTS * sizeof *slots);
        if (!other_slots) {
            drop(DROP_BLOCK);
            return;
        }
        slots = other_slots;
        heap_shift = OTHER_GRANULE_SHIFT;
        heap_place_mask = OTHER_PLACE_MASK;
        atomic_store(&listed_count, 0);
    }
}

static struct heap_slot *slot_of(uintptr_t number)
{
    return &slots[number & (HEAP_SLOTS - 1)];
}

static COLD heap_entry *crowded_leaf(uintptr_t number)
{
    for (unsigned i = 0; i < CROWDED && atomic_load(&crowded[i].number); i++)
        if (atomic_load(&crowded[i].number) == number + 1)
            return atomic_load(&crowded[i].leaf);
    return NULL;
}

static heap_entry *leaf_of(uintptr_t address)
{
    uintptr_t number = address >> HEAP_LEAF_SHIFT;
    const struct heap_slot *slot = slot_of(number);
    uintptr_t present = __atomic_load_n(&slot->number, __ATOMIC_ACQUIRE);
    if (likely(present == number + 1))
        return slot->leaf;
    return present ? crowded_leaf(number) : NULL;
}

/* The entry for a block that starts at `p`; NULL where its leaf is not there. */
static heap_entry *entry_of(uintptr_t address)
{
    if (address >> HEAP_ADDRESS_BITS)
        return NULL;
    heap_entry *leaf = leaf_of(address);
    uintptr_t in_leaf = address & (((uintptr_t)1 << HEAP_LEAF_SHIFT) - 1);
    return leaf ? &leaf[in_leaf >> heap_shift] : NULL;
}

/* A place is taken before it is filled: a reader meanwhile finds 0, which is no leaf (the lowest
 * addresses are never mapped). */
static void list_leaf(uint32_t number)
{
    unsigned at = atomic_fetch_add(&listed_count, 1);
    if (at < LEAVES_LISTED)
        atomic_store(&listed[at], number);
    else
        drop(DROP_BLOCK);
}

unsigned heap_leaf_count(void)
{
    unsigned count = atomic_load(&listed_count);
    return count < LEAVES_LISTED ? count : LEAVES_LISTED;
}

struct heap_leaf heap_leaf_at(unsigned index)
{
    uintptr_t number = atomic_load(&listed[index]);
    return (struct heap_leaf){number << HEAP_LEAF_SHIFT, leaf_of(number << HEAP_LEAF_SHIFT)};
}

/* False: there is one by now, or no room. */
static bool enter_crowded(uintptr_t number, heap_entry *leaf)
{
    for (unsigned i = 0; i < CROWDED; i++) {
        uintptr_t present = 0;
        if (atomic_compare_exchange_strong(&crowded[i].number, &present, number + 1)) {
            atomic_store(&crowded[i].leaf, leaf);
            return true;
        }
        if (present == number + 1)
            return false;
    }
    drop(DROP_BLOCK);
    return false;
}

/* False: there is one by now, or no room. */
static bool enter_leaf(uintptr_t number, heap_entry *leaf)
{
    struct heap_slot *slot = slot_of(number);
    heap_entry *nobody = NULL;
    if (__atomic_compare_exchange_n(&slot->leaf, &nobody, leaf, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE)) {
        __atomic_store_n(&slot->number, number + 1, __ATOMIC_RELEASE);
        return true;
    }
    /* A thread that took the slot just now writes its number with its next store; unless a signal
     * handler interrupted it, perhaps the one that runs here. */
    uintptr_t present = 0;
    for (unsigned i = 0; i < PATIENCE && !present; i++)
        present = __atomic_load_n(&slot->number, __ATOMIC_ACQUIRE);
    return present != number + 1 && enter_crowded(number, leaf);
}

static COLD heap_entry *make_leaf(uintptr_t address)
{
    if (address >> HEAP_ADDRESS_BITS)
        return NULL;
    int saved_errno = errno;
    heap_entry *leaf = sys_map(heap_leaf_entries() * sizeof *leaf);
    if (!leaf)
        drop(DROP_BLOCK);
    else if (enter_leaf(address >> HEAP_LEAF_SHIFT, leaf))
        list_leaf((uint32_t)(address >> HEAP_LEAF_SHIFT));
    else
        sys_unmap(leaf, heap_leaf_entries() * sizeof *leaf);
    errno = saved_errno;
    return leaf ? entry_of(address) : NULL;
}

static void note_at(heap_entry *entry, const void *p, size_t size, uint32_t shifted)
{
    uint32_t place = (uint32_t)(uintptr_t)p & heap_place_mask;
    if (slots == heap_slots && size != HEAP_SIZE_UNKNOWN)
        heap_set(entry, p, size, shifted);
    else
        __atomic_store_n(entry, shifted | place | (slots == heap_slots ? HEAP_ASKED_UNKNOWN : 0U),
                         __ATOMIC_RELAXED);
}

void heap_note(const void *p, size_t size, uint32_t site)
{
    heap_entry *entry = entry_of((uintptr_t)p);
    if (!entry)
        entry = make_leaf((uintptr_t)p);
    if (entry)
        note_at(entry, p, size, (site ? site : (uint32_t)SITE_UNKNOWN) << SITE_SHIFT);
}

void heap_forget_slow(const void *p)
{
    heap_entry *entry = p ? entry_of((uintptr_t)p) : NULL;
    if (entry)
        __atomic_store_n(entry, 0, __ATOMIC_RELAXED);
}

void heap_disown(uintptr_t start)
{
    heap_entry *entry = entry_of(start);
    heap_entry before = entry ? __atomic_load_n(entry, __ATOMIC_RELAXED) : 0;
    if (before)
        __atomic_compare_exchange_n(entry, &before,
                                    (before & ((1 << SITE_SHIFT) - 1)) | SITE_UNKNOWN << SITE_SHIFT,
                                    false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

void heap_use_all(const void *p)
{
    heap_entry *entry = entry_of((uintptr_t)p);
    if (entry && slots == heap_slots && __atomic_load_n(entry, __ATOMIC_RELAXED))
        __atomic_fetch_or(entry, HEAP_ASKED_UNKNOWN, __ATOMIC_RELAXED);
}

uint32_t heap_site(const void *p)
{
    const heap_entry *entry = entry_of((uintptr_t)p);
    return entry ? __atomic_load_n(entry, __ATOMIC_RELAXED) >> SITE_SHIFT : 0;
}

static size_t usable_size(uintptr_t start)
{
    size_t head;
    const void *at = (const void *)(start - sizeof head);
    if (slots != heap_slots || sys_copy_memory(at, &head, sizeof head) != (ssize_t)sizeof head)
        return 0;
    return heap_size_of_head(head);
}

/* The block lives, so what is on its first page can be read, without a system call. */
static size_t usable_size_of_live(const void *p)
{
    enum { PAGE = 4096 };
    bool is_on_its_page = (uintptr_t)p % PAGE >= sizeof(size_t);
    return is_on_its_page && slots == heap_slots ? heap_size_of_head(((const size_t *)p)[-1])
                                                 : usable_size((uintptr_t)p);
}

size_t heap_written(const void *p)
{
    const heap_entry *entry = entry_of((uintptr_t)p);
    size_t usable = entry ? usable_size_of_live(p) : 0;
    if (!usable)
        return SIZE_MAX;
    return heap_asked_bytes(usable, heap_asked(__atomic_load_n(entry, __ATOMIC_RELAXED)));
}

/* The block of an entry that is not 0, which stands for `address`. */
static struct heap_block block_of(uintptr_t address, heap_entry entry)
{
    return (struct heap_block){.start = heap_start(address, entry),
                               .site = entry >> SITE_SHIFT,
                               .asked = heap_asked(entry)};
}

bool heap_find_before(uintptr_t address, uintptr_t back, struct heap_block *block)
{
    uintptr_t lowest = address > back ? address - back : 0, granule = (uintptr_t)1 << heap_shift;
    lowest &= ~(granule - 1);
    for (uintptr_t at = address & ~(granule - 1);; at -= granule) {
        const heap_entry *entry = entry_of(at);
        size_t in_leaf = (at & (((uintptr_t)1 << HEAP_LEAF_SHIFT) - 1)) >> heap_shift;
        size_t left = (at - lowest) >> heap_shift, steps = left < in_leaf ? left : in_leaf;
        /* Searches downwards in this leaf, over empty entries. */
        for (; entry && steps && !__atomic_load_n(entry, __ATOMIC_RELAXED); steps--, entry--)
            at -= granule;
        heap_entry value = entry ? __atomic_load_n(entry, __ATOMIC_RELAXED) : 0;
        if (value >> SITE_SHIFT) {
            *block = block_of(at, value);
            if (block->start <= address)
                return true;
        }
        if (at <= lowest)
            return false;
    }
}

uint32_t heap_site_near(uintptr_t address)
{
    struct heap_block block;
    return heap_find_before(address, SEARCH_BYTES, &block) ? block.site : 0;
}

bool heap_find(uintptr_t address, struct heap_block *block)
{
    if (!heap_find_before(address, SEARCH_BYTES, block))
        return false;
    block->size = usable_size(block->start);
    return block->start == address || address < block->start + block->size;
}

bool heap_is_block(uintptr_t start, uint32_t site)
{
    struct heap_block block;
    return heap_find(start, &block) && block.start == start && block.site == site;
}

void heap_mark_sites(struct site_bitmap *bitmap)
{
    for (unsigned i = 0; i < heap_leaf_count(); i++) {
        const heap_entry *leaf = heap_leaf_at(i).entries;
        for (size_t k = 0; leaf && k < heap_leaf_entries(); k++)
            if (leaf[k])
                site_mark(bitmap, leaf[k] >> SITE_SHIFT);
    }
}
