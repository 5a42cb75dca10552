// SPDX-License-Identifier: MIT
#include "scan/due.h"
#include "base/arena.h"
#include "scan/scan.h"

#include <stdatomic.h>

/* Each with a reference. Under the changes lock. */
static struct module *due[DUE_MAX];
static _Atomic unsigned count;

static bool is_covered(unsigned at, unsigned end)
{
    const struct module *module = due[at];
    bool covered = modules_any_in(module->start, module->end);
    for (unsigned i = at + 1; i < end && !covered; i++)
        covered = module_overlaps(due[i], module);
    return covered;
}

/* Those go that nothing could be told of any more; else the one that waits longest. */
static void make_room(void)
{
    unsigned kept = 0, before = atomic_load(&count);
    for (unsigned i = 0; i < before; i++) {
        if (is_covered(i, before)) {
            scan_gaps.reused++;
            module_unref(due[i]);
        } else {
            due[kept++] = due[i];
        }
    }
    if (kept == DUE_MAX) {
        scan_gaps.missed++;
        module_unref(due[0]);
        kept--;
        for (unsigned i = 0; i < kept; i++)
            due[i] = due[i + 1];
    }
    atomic_store(&count, kept);
}

void due_note(struct module *module)
{
    if (atomic_load(&count) == DUE_MAX)
        make_room();
    unsigned place = atomic_load(&count);
    due[place] = module_ref(module);
    atomic_store(&count, place + 1);
}

static bool is_alone_locked(const struct module *module)
{
    for (unsigned i = 0; i < atomic_load(&count); i++)
        if (module_overlaps(due[i], module)) /* or is the same */
            return false;
    return !modules_any_in(module->start, module->end);
}

void due_note_again(struct module *module)
{
    if (!lock_acquire(&changes_lock))
        return;
    if (atomic_load(&count) < DUE_MAX && is_alone_locked(module))
        due_note(module);
    lock_release(&changes_lock);
}

unsigned due_count(void)
{
    return atomic_load_explicit(&count, memory_order_relaxed);
}

void due_free(struct ranges *ranges)
{
    for (unsigned i = 0; i < ranges->count; i++)
        module_unref(ranges->list[i].module);
    arena_free(ranges, sizeof *ranges);
}

/* Two that are due may have lain at one place. The later one's reference stays with the range. */
static void move_to_range(struct ranges *ranges, struct module *module)
{
    if (modules_any_in(module->start, module->end) ||
        ranges_overlap(ranges, module->start, module->end)) {
        scan_gaps.reused++;
        module_unref(module);
        return;
    }
    ranges_add(ranges, module);
}

/* The newest first: what lay there before cannot be told from it. */
struct ranges *due_take(void)
{
    struct ranges *ranges = arena_alloc(sizeof *ranges);
    if (!ranges || !lock_acquire(&changes_lock)) {
        arena_free(ranges, sizeof *ranges);
        return NULL;
    }
    for (unsigned i = atomic_load(&count); i-- > 0;)
        move_to_range(ranges, due[i]);
    atomic_store(&count, 0);
    lock_release(&changes_lock);
    ranges_ready(ranges);
    return ranges;
}

void due_put_back(struct ranges *ranges)
{
    if (!lock_acquire(&changes_lock)) {
        scan_gaps.missed += ranges->count;
        due_free(ranges);
        return;
    }
    unsigned gone = atomic_load(&count), back = ranges->count;
    for (; back + gone > DUE_MAX; scan_gaps.missed++)
        module_unref(ranges->list[--back].module);
    for (unsigned i = gone; i-- > 0;)
        due[back + i] = due[i];
    for (unsigned i = 0; i < back; i++)
        due[i] = ranges->list[i].module;
    atomic_store(&count, back + gone);
    lock_release(&changes_lock);
    arena_free(ranges, sizeof *ranges);
}

void due_fork_child(void)
{
    for (unsigned i = 0; i < atomic_load(&count); i++)
        module_unref(due[i]);
    atomic_store(&count, 0);
}
