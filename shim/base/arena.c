// SPDX-License-Identifier: MIT
#include "base/arena.h"
#include "base/lock.h"
#include "base/sys.h"

#include <string.h>

enum {
    SMALLEST_SHIFT = 5,
    LARGEST_SHIFT = 17, /* larger ones are mapped one by one */
    CLASSES = LARGEST_SHIFT - SMALLEST_SHIFT + 1,
    CHUNK = 256 * 1024,
};

struct free_item {
    struct free_item *next;
};

struct lock arena_lock;
static struct free_item *free_items[CLASSES];
static char *chunk_next, *chunk_end;
static size_t mapped;

static unsigned class_of(size_t size)
{
    unsigned class = 0;
    while (class < CLASSES && ((size_t)1 << (class + SMALLEST_SHIFT)) < size)
        class ++;
    return class;
}

/* Takes from a free list, else from the chunk, else from a new chunk; the rest of the old chunk is
 * lost. */
static void *take_locked(unsigned class)
{
    struct free_item *item = free_items[class];
    if (item) {
        free_items[class] = item->next;
        return item;
    }
    size_t size = (size_t)1 << (class + SMALLEST_SHIFT);
    if ((size_t)(chunk_end - chunk_next) < size) {
        char *chunk = sys_map(CHUNK);
        if (!chunk)
            return NULL;
        mapped += CHUNK;
        chunk_next = chunk;
        chunk_end = chunk + CHUNK;
    }
    void *p = chunk_next;
    chunk_next += size;
    return p;
}

void *arena_alloc_dirty(size_t size)
{
    unsigned class = class_of(size);
    if (class >= CLASSES)
        return sys_map(size);
    if (!lock_acquire(&arena_lock))
        return NULL;
    void *p = take_locked(class);
    lock_release(&arena_lock);
    return p;
}

void *arena_alloc(size_t size)
{
    void *p = arena_alloc_dirty(size);
    bool is_zeroed = class_of(size) >= CLASSES;
    return p && !is_zeroed ? memset(p, 0, size) : p;
}

void arena_free(void *p, size_t size)
{
    if (!p)
        return;
    unsigned class = class_of(size);
    if (class >= CLASSES) {
        sys_unmap(p, size);
        return;
    }
    struct free_item *item = p;
    if (!lock_acquire(&arena_lock))
        return;
    item->next = free_items[class];
    free_items[class] = item;
    lock_release(&arena_lock);
}

char *arena_strdup(const char *s)
{
    size_t size = strlen(s) + 1;
    char *copy = arena_alloc(size);
    return copy ? memcpy(copy, s, size) : NULL;
}

size_t arena_mapped(void)
{
    return mapped;
}
