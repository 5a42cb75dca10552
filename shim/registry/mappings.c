// SPDX-License-Identifier: MIT
#include "registry/mappings.h"
#include "base/arena.h"
#include "base/dropped.h"
#include "base/sys.h"

#include <errno.h>
#include <sys/syscall.h>

enum { PAGE = 4096 };

_Atomic uintptr_t mappings_lowest, mappings_highest;

/* Under the registry lock. */
static struct mapped *mappings;
static uint64_t last_serial;

static uintptr_t end_of(uintptr_t start, size_t size)
{
    uintptr_t end = (start + size + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    return end < start ? UINTPTR_MAX : end;
}

static void set_bounds_locked(void)
{
    uintptr_t lowest = mappings ? UINTPTR_MAX : 0, highest = 0;
    for (const struct mapped *each = mappings; each; each = each->next) {
        lowest = each->start < lowest ? each->start : lowest;
        highest = each->end > highest ? each->end : highest;
    }
    atomic_store(&mappings_lowest, lowest);
    atomic_store(&mappings_highest, highest);
}

static void add_locked(uintptr_t start, uintptr_t end, const char *call, uint32_t site)
{
    struct mapped *made = start < end ? arena_alloc(sizeof *made) : NULL;
    if (!made) {
        if (start < end)
            drop(DROP_MAPPING);
        return;
    }
    *made = (struct mapped){.next = mappings,
                            .serial = ++last_serial,
                            .start = start,
                            .end = end,
                            .site = site,
                            .call = call};
    mappings = made;
}

/* The lower part stays the same one. */
static void end_locked(uintptr_t start, uintptr_t end)
{
    for (struct mapped **link = &mappings; *link;) {
        struct mapped *each = *link;
        if (each->start >= end || each->end <= start) {
            link = &each->next;
            continue;
        }
        if (end < each->end && start > each->start)
            add_locked(end, each->end, each->call, each->site);
        if (start > each->start) {
            each->end = start;
        } else if (end < each->end) {
            each->start = end;
        } else {
            /* A part that was added may be the first one by now. */
            while (*link != each)
                link = &(*link)->next;
            *link = each->next;
            arena_free(each, sizeof *each);
            continue;
        }
        link = &each->next;
    }
}

void mapping_made(uintptr_t start, size_t size, const char *call, uint32_t site)
{
    uintptr_t end = end_of(start, size);
    bool wanted = site_may_be_unloaded(site_get(site));
    if (!(wanted || mappings_may_have(start, size)) || !lock_acquire(&registry_lock))
        return;
    end_locked(start, end);
    if (wanted)
        add_locked(start, end, call, site);
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

static struct mapped *find_locked(uintptr_t address)
{
    struct mapped *each = mappings;
    while (each && (address < each->start || address >= each->end))
        each = each->next;
    return each;
}

void mapping_moved(uintptr_t from, size_t old_size, uintptr_t to, size_t size)
{
    if (!lock_acquire(&registry_lock))
        return;
    struct mapped *found = find_locked(from);
    uint32_t site = found ? found->site : 0;
    const char *call = found ? found->call : NULL;
    end_locked(from, end_of(from, old_size));
    end_locked(to, end_of(to, size));
    if (site)
        add_locked(to, end_of(to, size), call, site);
    set_bounds_locked();
    lock_release(&registry_lock);
}

void mapping_detached(uintptr_t start)
{
    if (!mappings_may_have(start, 1) || !lock_acquire(&registry_lock))
        return;
    struct mapped *found = find_locked(start);
    if (found && found->start == start)
        end_locked(found->start, found->end);
    set_bounds_locked();
    lock_release(&registry_lock);
}

/* Somebody may have unmapped it by a system call of his own. Where the kernel may not be asked, it
 * is. */
bool mapping_is_there(const struct mapped *mapped)
{
    unsigned char page;
    return calls_are_filtered() || sys_call(SYS_mincore, mapped->start, PAGE, &page) == 0 ||
           errno != ENOMEM;
}

void mappings_each_locked(mapping_visitor *visit, void *data)
{
    for (struct mapped *each = mappings; each; each = each->next)
        visit(each, data);
}

const struct mapped *mapping_by_serial_locked(uint64_t serial)
{
    const struct mapped *each = mappings;
    while (each && each->serial != serial)
        each = each->next;
    return each;
}

void mappings_mark_sites_locked(struct site_bitmap *bitmap)
{
    for (const struct mapped *each = mappings; each; each = each->next)
        site_mark(bitmap, each->site);
}
