// SPDX-License-Identifier: MIT
/*
 * The malloc family. The hot path: no guard, no lock, no system call; a block from a call site that
 * was seen before costs a look-up in one cache line, one store, and a look at one byte more.
 */
#include "interpose/bootstrap.h"
#include "interpose/real.h"
#include "registry/heap.h"
#include "registry/old_words.h"

/* The function that calls us: its return address, and its stack pointer after the call. */
#define CALLER() (uintptr_t) __builtin_return_address(0), (uintptr_t)__builtin_dwarf_cfa()

static __attribute__((noinline)) void *noted_slow(void *p, size_t size, uintptr_t pc, uintptr_t cfa)
{
    if (p)
        heap_note(p, size, site_here(pc, cfa));
    return p;
}

/* Notes a new block of which `size` bytes were asked for, and which may be NULL, and returns it.
 * The slow cases are a jump elsewhere. */
static inline void *noted(void *p, size_t size, uintptr_t pc, uintptr_t cfa)
{
    heap_entry *entry;
    uint32_t site;
    if (unlikely(!heap_fast_entry(p, &entry) || !site_fast(pc, &site)))
        return noted_slow(p, size, pc, cfa);
    heap_set(entry, p, size, site);
    return p;
}

/* The rare answers come first: sizes are hard to predict. */
static inline bool is_to_be_read(const void *p, uint32_t site, size_t size)
{
    return (unlikely(old_words_are_due(site)) || unlikely(old_words_are_sampled(p))) &&
           old_words_may_be(size);
}

static __attribute__((noinline)) void *noted_unwritten_slow(void *p, size_t size, uintptr_t pc,
                                                            uintptr_t cfa)
{
    uint32_t site = p ? site_here(pc, cfa) : 0;
    if (p)
        heap_note(p, size, site);
    if (p && is_to_be_read(p, site, size))
        old_words_note(p, 0, size);
    return p;
}

static COLD void *noted_and_read(void *p, size_t size)
{
    old_words_note(p, 0, size);
    return p;
}

/* As noted, for a block that may have old words (registry/old_words.h). */
static inline __attribute__((always_inline)) void *noted_unwritten(void *p, size_t size,
                                                                   uintptr_t pc, uintptr_t cfa)
{
    heap_entry *entry;
    uint32_t site;
    if (unlikely(!heap_fast_entry(p, &entry) || !site_fast(pc, &site)))
        return noted_unwritten_slow(p, size, pc, cfa);
    heap_set(entry, p, size, site);
    if (unlikely(is_to_be_read(p, site >> SITE_SHIFT, size)))
        return noted_and_read(p, size);
    return p;
}

static COLD void *malloc_early(size_t size, uintptr_t pc, uintptr_t cfa)
{
    return REAL_IS_KNOWN(malloc) ? noted_slow(real_malloc(size), size, pc, cfa)
                                 : bootstrap_alloc(size);
}

EXPORT void *malloc(size_t size)
{
    if (unlikely(!real_malloc))
        return malloc_early(size, CALLER());
    return noted_unwritten(real_malloc(size), size, CALLER());
}

static COLD void free_early(void *p)
{
    if (p && !bootstrap_has(p) && REAL_IS_KNOWN(free))
        free(p);
}

EXPORT void free(void *p)
{
    if (unlikely(!real_free)) {
        free_early(p);
        return;
    }
    heap_forget(p);
    real_free(p);
}

static COLD void *calloc_early(size_t count, size_t size, uintptr_t pc, uintptr_t cfa)
{
    size_t total;
    if (REAL_IS_KNOWN(calloc))
        return noted_slow(real_calloc(count, size), count * size, pc, cfa);
    return __builtin_mul_overflow(count, size, &total) ? NULL : bootstrap_alloc(total);
}

EXPORT void *calloc(size_t count, size_t size)
{
    if (unlikely(!real_calloc))
        return calloc_early(count, size, CALLER());
    return noted(real_calloc(count, size), count * size, CALLER());
}

/* Without memcpy: libc may be out of reach. */
static COLD void *leave_bootstrap(const char *old, size_t size)
{
    bool have = REAL_IS_KNOWN(malloc);
    char *p = have ? real_malloc(size) : bootstrap_alloc(size);
    size_t old_size = old ? bootstrap_size(old) : 0;
    for (size_t i = 0; p && i < size && i < old_size; i++)
        ((volatile char *)p)[i] = old[i];
    return p;
}

/* The old block's note is removed before the real call, which may give the address to another
 * thread at once; if the call fails, the block stays. */
static inline void *realloc_unnoted(void *old, size_t size)
{
    uint32_t old_site = old ? heap_site(old) : 0;
    if (old)
        heap_forget(old);
    void *p = real_realloc(old, size);
    if (unlikely(!p && old && size))
        heap_note(old, HEAP_SIZE_UNKNOWN, old_site);
    return p;
}

/* Reads the bytes behind the old contents. */
static COLD void *realloc_and_read(void *old, size_t size, uint32_t site)
{
    size_t written = old ? heap_written(old) : 0;
    void *p = realloc_unnoted(old, size);
    if (p) {
        heap_note(p, size, site);
        old_words_note(p, written, size);
    }
    return p;
}

static inline void *realloc_at(void *old, size_t size, uintptr_t pc, uintptr_t cfa)
{
    heap_entry *entry;
    if (bootstrap_has(old))
        return leave_bootstrap(old, size);
    uint32_t site = site_here(pc, cfa);
    if (unlikely(old_words_are_due(site)) && old_words_may_be(size))
        return realloc_and_read(old, size, site);
    void *p = realloc_unnoted(old, size);
    if (likely(site && heap_fast_entry(p, &entry)))
        heap_set(entry, p, size, site << SITE_SHIFT);
    else if (p)
        heap_note(p, size, site);
    return p;
}

EXPORT void *realloc(void *old, size_t size)
{
    if (!REAL_IS_KNOWN(realloc))
        return leave_bootstrap(old, size);
    return realloc_at(old, size, CALLER());
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    real_need(real_memalign);
    return noted_unwritten(real_memalign(alignment, size), size, CALLER());
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    real_need(real_aligned_alloc);
    return noted_unwritten(real_aligned_alloc(alignment, size), size, CALLER());
}

EXPORT int posix_memalign(void **to, size_t alignment, size_t size)
{
    real_need(real_posix_memalign);
    int error = real_posix_memalign(to, alignment, size);
    if (likely(!error && *to))
        noted_unwritten(*to, size, CALLER());
    return error;
}

EXPORT void *valloc(size_t size)
{
    real_need(real_valloc);
    return noted_unwritten(real_valloc(size), size, CALLER());
}

EXPORT void *pvalloc(size_t size)
{
    real_need(real_pvalloc);
    return noted_slow(real_pvalloc(size), HEAP_SIZE_UNKNOWN, CALLER());
}

EXPORT size_t malloc_usable_size(void *p)
{
    if (bootstrap_has(p))
        return bootstrap_size(p);
    real_need(real_malloc_usable_size);
    heap_use_all(p);
    return real_malloc_usable_size(p);
}
