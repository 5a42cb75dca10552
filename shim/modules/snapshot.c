// SPDX-License-Identifier: MIT
#include "modules/snapshot.h"
#include "base/arena.h"
#include "base/dropped.h"

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

/* A snapshot is given back only when no reader was under way at some moment after it was replaced.
 */
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

/* By address. */
static void add_new(struct snapshot *snapshot, const struct module *new)
{
    for (const struct module *m = new; m; m = m->next) {
        if (module_is_unloaded(m))
            continue;
        size_t at = snapshot->count++;
        for (; at > 0 && snapshot->entries[at - 1].start > m->start; at--)
            snapshot->entries[at] = snapshot->entries[at - 1];
        snapshot->entries[at] = (struct snapshot_entry){m->start, m->end, (struct module *)m};
    }
}

static size_t count_kept(const struct snapshot *old, bool some_are_gone)
{
    size_t kept = old ? old->count : 0;
    for (size_t i = 0; some_are_gone && old && i < old->count; i++)
        kept -= module_is_unloaded(old->entries[i].module);
    return kept;
}

/* Merges the `kept` ones of `old` into the new ones, from the upper end down. */
static void merge(struct snapshot *snapshot, const struct snapshot *old, size_t kept)
{
    size_t at = snapshot->count + kept, new = snapshot->count;
    bool all = old && kept == old->count;
    snapshot->count = at;
    for (size_t i = old ? old->count : 0; i-- > 0;) {
        const struct snapshot_entry *entry = &old->entries[i];
        if (!all && module_is_unloaded(entry->module))
            continue;
        while (new > 0 && snapshot->entries[new - 1].start > entry->start)
            snapshot->entries[--at] = snapshot->entries[--new];
        snapshot->entries[--at] = *entry;
    }
}

static struct snapshot *make_snapshot(const struct module *new, bool some_are_gone)
{
    const struct snapshot *old = atomic_load(&current);
    size_t kept = count_kept(old, some_are_gone), count = kept;
    for (const struct module *m = new; m; m = m->next)
        count++;
    size_t size = sizeof(struct snapshot) + count * sizeof(struct snapshot_entry);
    struct snapshot *snapshot = arena_alloc(size);
    if (!snapshot)
        return NULL;
    snapshot->size = size;
    add_new(snapshot, new);
    merge(snapshot, old, kept);
    return snapshot;
}

bool snapshot_publish_locked(const struct module *new, bool some_are_gone)
{
    struct snapshot *snapshot = make_snapshot(new, some_are_gone);
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

void modules_fork_child(void)
{
    atomic_store(&readers, 0);
}
