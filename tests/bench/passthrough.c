// SPDX-License-Identifier: MIT
/*
 * The cheapest possible interposer: each function only calls the real one through a resolved
 * pointer. What the shim costs is measured against it. Early calls (from the resolution itself) are
 * served from a small area that is never given back.
 */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void *(*real_reallocarray)(void *, size_t, size_t);
static void *(*real_memalign)(size_t, size_t);
static void *(*real_aligned_alloc)(size_t, size_t);
static int (*real_posix_memalign)(void **, size_t, size_t);
static void *(*real_valloc)(size_t);
static void *(*real_pvalloc)(size_t);
static void (*real_free)(void *);
static size_t (*real_malloc_usable_size)(void *);

static char early_area[4096] __attribute__((aligned(16)));
static size_t early_used;

static void *early_allocate(size_t size)
{
    size_t at = early_used;
    size = (size + 15) & ~(size_t)15;
    if (size > sizeof early_area - at)
        return NULL;
    early_used += size;
    return early_area + at;
}

static int is_early(const void *block)
{
    return (uintptr_t)block - (uintptr_t)early_area < sizeof early_area;
}

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

__attribute__((constructor, cold, noinline)) static void resolve(void)
{
    static int busy;
    if (real_malloc || busy)
        return;
    busy = 1;
    real_calloc = (void *(*)(size_t, size_t))next("calloc");
    real_realloc = (void *(*)(void *, size_t))next("realloc");
    real_reallocarray = (void *(*)(void *, size_t, size_t))next("reallocarray");
    real_memalign = (void *(*)(size_t, size_t))next("memalign");
    real_aligned_alloc = (void *(*)(size_t, size_t))next("aligned_alloc");
    real_posix_memalign = (int (*)(void **, size_t, size_t))next("posix_memalign");
    real_valloc = (void *(*)(size_t))next("valloc");
    real_pvalloc = (void *(*)(size_t))next("pvalloc");
    real_free = (void (*)(void *))next("free");
    real_malloc_usable_size = (size_t(*)(void *))next("malloc_usable_size");
    real_malloc = (void *(*)(size_t))next("malloc");
    busy = 0;
}

#define READY(pointer) __builtin_expect((pointer) != NULL, 1)

void *malloc(size_t size)
{
    if (!READY(real_malloc)) {
        resolve();
        if (!real_malloc)
            return early_allocate(size);
    }
    return real_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (!READY(real_calloc)) {
        resolve();
        if (!real_calloc)
            return early_allocate(count * size);
    }
    return real_calloc(count, size);
}

void free(void *block)
{
    if (!READY(real_free) || is_early(block))
        return;
    real_free(block);
}

void *realloc(void *block, size_t size)
{
    if (!READY(real_malloc))
        resolve();
    if (is_early(block)) {
        size_t room = (size_t)(early_area + sizeof early_area - (char *)block);
        void *copy = malloc(size);
        return copy ? memcpy(copy, block, size < room ? size : room) : NULL;
    }
    return real_realloc(block, size);
}

#define RESOLVED                 \
    do {                         \
        if (!READY(real_malloc)) \
            resolve();           \
    } while (0)

void *reallocarray(void *block, size_t count, size_t size)
{
    RESOLVED;
    return real_reallocarray(block, count, size);
}

void *memalign(size_t alignment, size_t size)
{
    RESOLVED;
    return real_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    RESOLVED;
    return real_aligned_alloc(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    RESOLVED;
    return real_posix_memalign(block, alignment, size);
}

void *valloc(size_t size)
{
    RESOLVED;
    return real_valloc(size);
}

void *pvalloc(size_t size)
{
    RESOLVED;
    return real_pvalloc(size);
}

size_t malloc_usable_size(void *block)
{
    RESOLVED;
    return real_malloc_usable_size(block);
}
