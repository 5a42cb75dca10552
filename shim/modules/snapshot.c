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

void snapshot_publish_locked(const struct module *first)
{
    size_t count = 0;
    for (const struct module *m = first; m; m = m->next)
        count += !module_is_unloaded(m);
    size_t size = sizeof(struct snapshot) + count * sizeof(struct snapshot_entry);
    struct snapshot *snapshot = arena_alloc(size);
    if (!snapshot) {
        drop(DROP_MODULE);
        return;
    }
    snapshot->size = size;
    for (const struct module *m = first; m; m = m->next) {
        if (module_is_unloaded(m))
            continue;
        size_t at = snapshot->count++;
        for (; at > 0 && snapshot->entries[at - 1].start > m->start; at--)
            snapshot->entries[at] = snapshot->entries[at - 1];
        snapshot->entries[at] = (struct snapshot_entry){m->start, m->end, (struct module *)m};
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
}

void modules_fork_child(void)
{
    atomic_store(&readers, 0);
}
