// SPDX-License-Identifier: MIT
#include "modules/snapshot.h"
#include "base/arena.h"
#include "base/dropped.h"

#include <string.h>

/* Mapped modules by address, for readers without a lock. Never changed once published. */
struct snapshot {
    size_t size; /* of this allocation */
    size_t count;
    struct snapshot *next_retired;
    struct snapshot_entry {
        uintptr_t start, end;
        struct module *module;
    } entries[];
};

static _Atomic(struct snapshot *) current;
static _Atomic unsigned readers;
static struct snapshot *retired;

/* A snapshot is given back only after a moment without readers that follows its replacement. */
static const struct snapshot *snapshot_enter(void)
{
    atomic_fetch_add(&readers, 1);
    return atomic_load(&current);
}

static void snapshot_leave(void)
{
    atomic_fetch_sub(&readers, 1);
}

static struct module *find_in(const struct snapshot *snapshot, uintptr_t address)
{
    size_t low = 0, high = snapshot ? snapshot->count : 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct snapshot_entry *entry = &snapshot->entries[middle];
        if (address < entry->start)
            high = middle;
        else if (address >= entry->end)
            low = middle + 1;
        else
            return entry->module;
    }
    return NULL;
}

struct module *modules_find(uintptr_t address)
{
    struct module *module = find_in(snapshot_enter(), address);
    snapshot_leave();
    return module;
}

int modules_each_mapped(int (*visit)(struct module *module, void *data), void *data)
{
    const struct snapshot *snapshot = snapshot_enter();
    int result = 0;
    for (size_t i = 0; snapshot && i < snapshot->count && !result; i++)
        result = visit(snapshot->entries[i].module, data);
    snapshot_leave();
    return result;
}

static int has_handle(struct module *module, void *handle)
{
    const void **wanted = handle;
    if (module->handle != *wanted)
        return 0;
    *wanted = module;
    return 1;
}

struct module *modules_by_handle(const void *handle)
{
    const void *found = handle;
    return handle && modules_each_mapped(has_handle, &found) ? (struct module *)found : NULL;
}

/* The first one that begins at an address, or after it. */
static size_t place_of(const struct snapshot *snapshot, uintptr_t start)
{
    size_t low = 0, high = snapshot->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (snapshot->entries[middle].start < start)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool modules_any_in(uintptr_t start, uintptr_t end)
{
    const struct snapshot *snapshot = snapshot_enter();
    size_t at = snapshot ? place_of(snapshot, start) : 0;
    bool any = snapshot && ((at < snapshot->count && snapshot->entries[at].start < end) ||
                            (at > 0 && snapshot->entries[at - 1].end > start));
    snapshot_leave();
    return any;
}

static void move(struct snapshot *snapshot, size_t from, size_t to)
{
    memmove(&snapshot->entries[to], &snapshot->entries[from],
            (snapshot->count - from) * sizeof *snapshot->entries);
    snapshot->count += to - from;
}

/* A module that was loaded and unloaded between two snapshots is not in it. */
static void take_out(struct snapshot *snapshot, const struct module *module)
{
    size_t at = place_of(snapshot, module->start);
    while (at < snapshot->count && snapshot->entries[at].start == module->start &&
           snapshot->entries[at].module != module)
        at++;
    if (at < snapshot->count && snapshot->entries[at].module == module)
        move(snapshot, at + 1, at);
}

static void put_in(struct snapshot *snapshot, struct module *module)
{
    size_t at = place_of(snapshot, module->start);
    move(snapshot, at, at + 1);
    snapshot->entries[at] = (struct snapshot_entry){module->start, module->end, module};
}

static struct snapshot *make_snapshot(struct module *new, const struct module *unloaded,
                                      unsigned count)
{
    const struct snapshot *old = atomic_load(&current);
    size_t before = old ? old->count : 0, room = before;
    for (const struct module *m = new; m; m = m->next)
        room++;
    size_t size = sizeof(struct snapshot) + room * sizeof(struct snapshot_entry);
    struct snapshot *snapshot = arena_alloc_dirty(size);
    if (!snapshot)
        return NULL;
    snapshot->size = size;
    snapshot->count = before;
    snapshot->next_retired = NULL;
    if (old)
        memcpy(snapshot->entries, old->entries, before * sizeof *old->entries);
    for (; count > 0; count--, unloaded = unloaded->next_unloaded)
        take_out(snapshot, unloaded);
    for (struct module *m = new; m; m = m->next)
        if (!module_is_unloaded(m))
            put_in(snapshot, m);
    return snapshot;
}

bool snapshot_publish_locked(struct module *new, const struct module *unloaded, unsigned count)
{
    struct snapshot *snapshot = make_snapshot(new, unloaded, count);
    if (!snapshot) {
        drop(DROP_MODULE);
        return false;
    }
    struct snapshot *old = atomic_exchange(&current, snapshot);
    if (old) {
        old->next_retired = retired;
        retired = old;
    }
    while (retired && atomic_load(&readers) == 0) {
        struct snapshot *next = retired->next_retired;
        arena_free(retired, retired->size);
        retired = next;
    }
    return true;
}

void snapshot_fork_child(void)
{
    atomic_store(&readers, 0);
}
