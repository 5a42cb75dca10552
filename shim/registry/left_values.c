// SPDX-License-Identifier: MIT
#include "registry/left_values.h"
#include "base/dropped.h"
#include "registry/heap.h"

/* Deletions. Each takes up to 2 KB here, and has cost the program a block that it does not get
 * back. */
enum { LEFT_MAX = 4096 };

static struct left_values *all; /* by serial, the oldest first */
static _Atomic unsigned left_count;

bool left_values_any(void)
{
    return atomic_load_explicit(&left_count, memory_order_relaxed) > 0;
}

static size_t bytes_of(unsigned room)
{
    return sizeof(struct left_values) + room * sizeof(struct left_block);
}

static bool has_value(struct thread *thread, const struct left_values *deleted)
{
    const struct value *value = thread_value(thread, deleted->number);
    return value_is_current(value, &deleted->was) && value->epoch != VALUE_IGNORED;
}

/* Values that are no live blocks (numbers, statics, freed blocks) need no release. */
static void add_block(struct thread *thread, struct left_values *left)
{
    uintptr_t value = (uintptr_t)atomic_load(&thread_value(thread, left->number)->pointer);
    struct heap_block block;
    if (!thread_is_live(thread) || !heap_find(value, &block))
        return;
    left->blocks[left->count++] = (struct left_block){.start = block.start,
                                                      .value = value,
                                                      .site = block.site,
                                                      .size = block.size,
                                                      .tid = atomic_load(&thread->tid)};
}

/* With the blocks; NULL: there are none. */
static struct left_values *make_locked(const struct left_values *deleted)
{
    unsigned room = 0;
    for (struct thread *thread = threads; thread; thread = thread->next)
        room += has_value(thread, deleted);
    if (room == 0)
        return NULL;
    struct left_values *left = left_count < LEFT_MAX ? arena_alloc(bytes_of(room)) : NULL;
    if (!left) {
        drop(DROP_FINDING);
        return NULL;
    }
    *left = *deleted;
    left->room = room;
    for (struct thread *thread = threads; thread && left->count < room; thread = thread->next)
        if (has_value(thread, left))
            add_block(thread, left);
    if (left->count > 0)
        return left;
    arena_free(left, bytes_of(room));
    return NULL;
}

bool left_values_note(const struct left_values *deleted)
{
    if (deleted->was.ignored)
        return false;
    if (!lock_acquire(&registry_lock)) {
        drop(DROP_FINDING);
        return false;
    }
    struct left_values *left = make_locked(deleted);
    if (left) {
        left->live = keys_live_locked();
        HASH_ADD_INT(all, serial, left);
        atomic_fetch_add(&left_count, 1);
    }
    lock_release(&registry_lock);
    if (left)
        thread_name(left->blocks[0].tid, left->thread_name);
    return left != NULL;
}

static void forget_locked(struct left_values *left)
{
    HASH_DELETE(hh, all, left);
    atomic_fetch_sub(&left_count, 1);
    key_release(&left->was);
    stack_free(left->stack);
    arena_free(left, bytes_of(left->room));
}

static void forget_freed(struct left_values *left)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < left->count; i++) {
        const struct left_block *block = &left->blocks[i];
        if (heap_is_block(block->start, block->site))
            left->blocks[kept++] = *block;
        else if (kept == 0)
            left->thread_name[0] = '\0';
    }
    left->count = kept;
}

void left_values_each_locked(left_values_visitor *visit, void *data)
{
    struct left_values *left, *next;
    HASH_ITER (hh, all, left, next) {
        forget_freed(left);
        if (left->count > 0)
            visit(left, data);
        else
            forget_locked(left);
    }
}

const struct left_values *left_values_find_locked(uint32_t serial)
{
    const struct left_values *left;
    HASH_FIND_INT(all, &serial, left);
    for (unsigned i = 0; left && i < left->count; i++)
        if (heap_is_block(left->blocks[i].start, left->blocks[i].site))
            return left;
    return NULL;
}

bool left_values_are_reached(const struct left_values *left)
{
    for (unsigned i = 0; i < left->count; i++)
        if (left->blocks[i].reach != REACH_SOMETHING)
            return false;
    return true;
}
