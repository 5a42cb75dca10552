// SPDX-License-Identifier: MIT
/*
 * The shim's own memory: it never calls malloc.
 *
 * Power-of-two size classes over mapped chunks; released memory is kept for the same class and
 * never unmapped, so that a stale pointer of ours reads wrong data at worst (blocks above 128 KB
 * are mapped and unmapped one by one). Any thread, any phase, also under any other lock (the
 * arena's is the innermost). Memory is zeroed, unless a function says otherwise.
 */
#ifndef DLPIN_BASE_ARENA_H
#define DLPIN_BASE_ARENA_H

#include "base/lock.h"

#include <stddef.h>

/* NULL where the system gives no memory: the caller drops the event and counts it. */
void *arena_alloc(size_t size);

/* The same without zeroing, for memory that is filled at once. */
void *arena_alloc_dirty(size_t size);

/* `size` is the size that was asked for. NULL is ignored. */
void arena_free(void *p, size_t size);

/* A copy of a string, to be given back with arena_free(s, strlen(s) + 1). */
char *arena_strdup(const char *s);

/* Bytes mapped so far, for the tests. */
size_t arena_mapped(void);

extern struct lock arena_lock;

/* Every uthash table of the shim lives here. A table that cannot grow stays as it is; the next
 * lookup does not find an element that could not be added. */
#define uthash_malloc(size) arena_alloc(size)
#define uthash_free(p, size) arena_free(p, size)
#define HASH_NONFATAL_OOM 1

#endif
