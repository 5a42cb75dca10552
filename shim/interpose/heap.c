// SPDX-License-Identifier: MIT
/*
 * The malloc family. The hot path: no guard, no lock, no system call; a block from a call site that
 * was seen before costs a look-up in one cache line and one store.
 */
#include "interpose/real.h"
#include "registry/heap.h"

/* The function that calls us: its return address, and its stack pointer behind the call. */
#define CALLER_SITE() \
    site_here((uintptr_t)__builtin_return_address(0), (uintptr_t)__builtin_dwarf_cfa())

/* --- before the real allocator is known
 * --------------------------------------------------------------------- */

enum { BOOTSTRAP_SIZE = 64 * 1024, ALIGNMENT = 16 };

static char bootstrap[BOOTSTRAP_SIZE] __attribute__((aligned(ALIGNMENT)));
static size_t bootstrap_used;

/* Each block is preceded by its size. They are never given back. */
static COLD void *bootstrap_alloc(size_t size)
{
    size_t need = ((size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1)) + ALIGNMENT;
    if (size > BOOTSTRAP_SIZE || need > BOOTSTRAP_SIZE - bootstrap_used)
        return NULL;
    char *p = bootstrap + bootstrap_used + ALIGNMENT;
    ((size_t *)p)[-1] = size;
    bootstrap_used += need;
    return p;
}

static inline bool is_bootstrap(const void *p)
{
    return unlikely((uintptr_t)p - (uintptr_t)bootstrap < BOOTSTRAP_SIZE);
}

static size_t bootstrap_size(const void *p)
{
    return ((const size_t *)p)[-1];
}

/* The loader relocates libraries in the end-to-start order of their search: an IFUNC resolver of
 * one that comes before us may call us before we are relocated ourselves. No pointer of ours is
 * right then, no other library can be called, and there is no TLS. */
static bool is_relocated(void)
{
    static const void *const volatile self = &bootstrap_used;
    return self == &bootstrap_used;
}

static COLD bool find_real(const void *const *pointer)
{
    if (!is_relocated())
        return false;
    real_resolve();
    return *pointer != NULL;
}

/* False while the real functions are not known. */
static inline bool have_real(const void *const *pointer)
{
    return likely(*pointer != NULL) || find_real(pointer);
}

#define HAVE_REAL(name) have_real((const void *const *)&real_##name)

/* --- the family
 * ---------------------------------------------------------------------------------------------------
 */

EXPORT void *malloc(size_t size)
{
    if (!HAVE_REAL(malloc))
        return bootstrap_alloc(size);
    void *p = real_malloc(size);
    if (likely(p != NULL))
        heap_note(p, CALLER_SITE());
    return p;
}

EXPORT void free(void *p)
{
    if (!p || is_bootstrap(p) || !HAVE_REAL(free))
        return;
    heap_forget(p);
    real_free(p);
}

EXPORT void *calloc(size_t count, size_t size)
{
    size_t total;
    if (!HAVE_REAL(calloc))
        return __builtin_mul_overflow(count, size, &total) ? NULL : bootstrap_alloc(total);
    void *p = real_calloc(count, size);
    if (likely(p != NULL))
        heap_note(p, CALLER_SITE());
    return p;
}

/* Without memcpy: libc may be out of reach. */
static COLD void *leave_bootstrap(const char *old, size_t size)
{
    bool have = have_real((const void *const *)&real_malloc);
    char *p = have ? real_malloc(size) : bootstrap_alloc(size);
    size_t old_size = old ? bootstrap_size(old) : 0;
    for (size_t i = 0; p && i < size && i < old_size; i++)
        ((volatile char *)p)[i] = old[i];
    return p;
}

/* The old block's note goes before the real call, which may give its address to another thread at
 * once; where the call fails the block lives on. */
static inline void *realloc_at(void *old, size_t size, uint32_t site)
{
    if (is_bootstrap(old))
        return leave_bootstrap(old, size);
    uint32_t old_site = old ? heap_site(old) : 0;
    if (old)
        heap_forget(old);
    void *p = real_realloc(old, size);
    if (likely(p != NULL))
        heap_note(p, site);
    else if (old && size)
        heap_note(old, old_site);
    return p;
}

EXPORT void *realloc(void *old, size_t size)
{
    if (!HAVE_REAL(realloc))
        return leave_bootstrap(old, size);
    return realloc_at(old, size, CALLER_SITE());
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    real_need(real_memalign);
    void *p = real_memalign(alignment, size);
    if (likely(p != NULL))
        heap_note(p, CALLER_SITE());
    return p;
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    real_need(real_aligned_alloc);
    void *p = real_aligned_alloc(alignment, size);
    if (likely(p != NULL))
        heap_note(p, CALLER_SITE());
    return p;
}

EXPORT int posix_memalign(void **to, size_t alignment, size_t size)
{
    real_need(real_posix_memalign);
    int error = real_posix_memalign(to, alignment, size);
    if (likely(!error && *to))
        heap_note(*to, CALLER_SITE());
    return error;
}

EXPORT void *valloc(size_t size)
{
    real_need(real_valloc);
    void *p = real_valloc(size);
    if (likely(p != NULL))
        heap_note(p, CALLER_SITE());
    return p;
}

EXPORT void *pvalloc(size_t size)
{
    real_need(real_pvalloc);
    void *p = real_pvalloc(size);
    if (likely(p != NULL))
        heap_note(p, CALLER_SITE());
    return p;
}

EXPORT size_t malloc_usable_size(void *p)
{
    if (is_bootstrap(p))
        return bootstrap_size(p);
    real_need(real_malloc_usable_size);
    return real_malloc_usable_size(p);
}
