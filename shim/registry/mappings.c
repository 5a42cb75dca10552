// SPDX-License-Identifier: MIT
#include "registry/mappings.h"
#include "base/arena.h"
#include "base/dropped.h"
#include "base/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

enum { PAGE = 4096 };

_Atomic uintptr_t mappings_lowest, mappings_highest;

/* Ascending, without overlaps; under the registry lock. */
static struct mapped *list;
static size_t count, capacity;
static uint64_t last_serial;

static uintptr_t end_of(uintptr_t start, size_t size)
{
    uintptr_t end = (start + size + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    return end < start ? UINTPTR_MAX : end;
}

static void set_bounds_locked(void)
{
    atomic_store(&mappings_lowest, count ? list[0].start : 0);
    atomic_store(&mappings_highest, count ? list[count - 1].end : 0);
}

/* The first that ends after the address. */
static size_t find_locked(uintptr_t address)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (list[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool grow_locked(void)
{
    enum { LEAST = 16 };
    size_t larger = capacity ? 2 * capacity : LEAST;
    struct mapped *grown = arena_alloc(larger * sizeof *grown);
    if (!grown) {
        drop(DROP_MAPPING);
        return false;
    }
    if (count)
        memcpy(grown, list, count * sizeof *grown);
    arena_free(list, capacity * sizeof *list);
    list = grown;
    capacity = larger;
    return true;
}

static void insert_locked(struct mapped made)
{
    if (count == capacity && !grow_locked())
        return;
    size_t at = find_locked(made.start);
    memmove(list + at + 1, list + at, (count - at) * sizeof *list);
    made.serial = ++last_serial;
    list[at] = made;
    count++;
}

static void remove_locked(size_t at)
{
    count--;
    memmove(list + at, list + at + 1, (count - at) * sizeof *list);
}

/* If the middle is unmapped, the lower part stays the same mapping. */
static void end_locked(uintptr_t start, uintptr_t end)
{
    size_t at = find_locked(start);
    while (at < count && list[at].start < end) {
        struct mapped *each = &list[at];
        struct mapped upper = *each;
        bool has_lower = each->start < start;
        if (has_lower)
            each->end = start;
        if (upper.end > end) {
            upper.start = end;
            if (has_lower)
                insert_locked(upper);
            else
                *each = upper;
            return;
        }
        if (has_lower)
            at++;
        else
            remove_locked(at);
    }
}

void mapping_made(uintptr_t start, size_t size, const char *call, uint32_t site)
{
    uintptr_t end = end_of(start, size);
    bool wanted = size && site_may_be_unloaded(site_get(site));
    if (!(wanted || mappings_may_have(start, size)) || !lock_acquire(&registry_lock))
        return;
    end_locked(start, end);
    if (wanted)
        insert_locked((struct mapped){.start = start, .end = end, .site = site, .call = call});
    set_bounds_locked();
    lock_release(&registry_lock);
}

void mapping_ended(uintptr_t start, size_t size)
{
    if (!mappings_may_have(start, size) || !lock_acquire(&registry_lock))
        return;
    end_locked(start, end_of(start, size));
    set_bounds_locked();
    lock_release(&registry_lock);
}

void mapping_moved(uintptr_t from, size_t old_size, uintptr_t to, size_t size)
{
    if (!lock_acquire(&registry_lock))
        return;
    size_t at = find_locked(from);
    bool is_kept = at < count && list[at].start <= from;
    struct mapped moved = {.start = to, .end = end_of(to, size)};
    if (is_kept) {
        moved.site = list[at].site;
        moved.call = list[at].call;
    }
    end_locked(from, end_of(from, old_size));
    end_locked(moved.start, moved.end);
    if (is_kept)
        insert_locked(moved);
    set_bounds_locked();
    lock_release(&registry_lock);
}

void mapping_detached(uintptr_t start)
{
    if (!mappings_may_have(start, 1) || !lock_acquire(&registry_lock))
        return;
    size_t at = find_locked(start);
    if (at < count && list[at].start == start)
        remove_locked(at);
    set_bounds_locked();
    lock_release(&registry_lock);
}

/* The program may have unmapped it by a raw system call. True where the kernel may not be asked. */
bool mapping_is_there(const struct mapped *mapped)
{
    unsigned char page;
    return calls_are_filtered() || sys_call(SYS_mincore, mapped->start, PAGE, &page) == 0 ||
           errno != ENOMEM;
}

void mappings_each_locked(mapping_visitor *visit, void *data)
{
    for (size_t i = 0; i < count; i++)
        visit(&list[i], data);
}

const struct mapped *mapping_by_serial_locked(uint64_t serial)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].serial == serial)
            return &list[i];
    return NULL;
}

const struct mapped *mapping_find_locked(uintptr_t address)
{
    size_t at = find_locked(address);
    return at < count && list[at].start <= address ? &list[at] : NULL;
}

static void mark_site(struct mapped *mapped, void *bitmap)
{
    site_mark(bitmap, mapped->site);
}

void mappings_mark_sites_locked(struct site_bitmap *bitmap)
{
    mappings_each_locked(mark_site, bitmap);
}
