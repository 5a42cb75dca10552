// SPDX-License-Identifier: MIT
#include "base/dropped.h"
#include "registry/heap.h"
#include "support.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

Test(heap, blocks_are_found_by_any_address_in_them)
{
    struct heap_block block;
    heap_init(true);
    char *p = support_block(100, 7);
    cr_assert_eq(heap_site(p), 7);
    cr_assert(heap_find((uintptr_t)p, &block));
    cr_assert_eq(block.start, (uintptr_t)p);
    cr_assert_eq(block.site, 7);
    cr_assert(block.size >= 100 && block.size < 132);
    cr_assert(heap_find((uintptr_t)p + 99, &block));
    cr_assert(heap_find((uintptr_t)p + block.size - 1, &block));
    cr_assert_not(heap_find((uintptr_t)p + block.size, &block), "behind it");
    cr_assert_not(heap_find((uintptr_t)p - 1, &block), "before it");
    heap_forget(p);
    cr_assert_eq(heap_site(p), 0);
    cr_assert_not(heap_find((uintptr_t)p, &block));
}

Test(heap, neighbours_are_distinguished)
{
    struct heap_block block;
    heap_init(true);
    char *first = support_block(24, 3), *second = first + 32;
    ((size_t *)(void *)first)[-1] = 32 | 1;
    ((size_t *)(void *)second)[-1] = 48 | 1;
    heap_note(second, HEAP_SIZE_UNKNOWN, 4);
    cr_assert(heap_find((uintptr_t)first + 23, &block) && block.site == 3);
    cr_assert(heap_find((uintptr_t)second, &block) && block.site == 4);
    cr_assert(heap_find((uintptr_t)second + 39, &block) && block.start == (uintptr_t)second);
    heap_forget(first);
    cr_assert_not(heap_find((uintptr_t)first, &block));
    cr_assert(heap_find((uintptr_t)second + 8, &block));
}

Test(heap, wherever_in_its_granule_a_block_starts)
{
    struct heap_block block;
    heap_init(true);
    char *base = support_block(4000, 0);
    for (size_t at = 0; at < 2048; at += 48) {
        char *p = base + at;
        ((size_t *)(void *)p)[-1] = 48 | 1;
        heap_note(p, HEAP_SIZE_UNKNOWN, (uint32_t)at + 1);
    }
    for (size_t at = 0; at < 2048; at += 48) {
        cr_assert_eq(heap_site(base + at), at + 1);
        cr_assert(heap_find((uintptr_t)base + at + 5, &block));
        cr_assert_eq(block.start, (uintptr_t)base + at);
    }
}

Test(heap, inside_a_large_block_up_to_some_kilobytes)
{
    struct heap_block block;
    heap_init(true);
    char *p = support_block(100000, 9);
    cr_assert(heap_find((uintptr_t)p + 4000, &block));
    cr_assert_eq(block.start, (uintptr_t)p);
    cr_assert_not(heap_find((uintptr_t)p + 90000, &block), "that far nobody looks");
}

/* malloc_usable_size is what the C library says itself of where the block ends. A sanitizer has
 * another allocator. */
#ifndef __SANITIZE_ADDRESS__
Test(heap, words_that_nobody_asked_for_are_not_scanned)
{
    struct heap_block block;
    heap_init(true);
    for (size_t size = 0; size < 300; size++) {
        char *p = malloc(size);
        heap_note(p, size, 7);
        cr_assert(heap_find((uintptr_t)p, &block));
        cr_assert_eq(block.start, (uintptr_t)p);
        cr_assert_eq(block.site, 7);
        cr_assert_eq(block.size, malloc_usable_size(p));
        cr_assert_eq(heap_asked_bytes(block.size, block.asked), size / 8 * 8, "of %zu bytes", size);
        heap_note(p, HEAP_SIZE_UNKNOWN, 7);
        cr_assert(heap_find((uintptr_t)p, &block));
        cr_assert_eq(heap_asked_bytes(block.size, block.asked), block.size);
        heap_forget(p);
        free(p);
    }
}

/* Where a block is cut out of a larger one that is too small to be divided, all is scanned. */
Test(heap, requested_bytes_are_always_scanned)
{
    struct heap_block block;
    heap_init(true);
    for (size_t size = 1; size < 3000; size += 7) {
        char *p = malloc(size + 40);
        p = realloc(p, size);
        heap_note(p, size, 7);
        cr_assert(heap_find((uintptr_t)p, &block));
        cr_assert_geq(heap_asked_bytes(block.size, block.asked), size / 8 * 8);
        heap_forget(p);
        free(p);
    }
}

Test(heap, with_another_allocator_all_is_scanned)
{
    struct heap_block block;
    heap_init(false);
    char *p = malloc(100);
    heap_note(p, 100, 7);
    cr_assert(heap_find_before((uintptr_t)p, 0, &block));
    cr_assert_eq(heap_asked_bytes(104, block.asked), 104);
    free(p);
}
#endif

Test(heap, odd_addresses)
{
    struct heap_block block;
    uintptr_t odd[] = {0, 1, 7, 8192, (uintptr_t)1 << 47, (uintptr_t)1 << 48, UINTPTR_MAX};
    heap_init(true);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        cr_assert_not(heap_find(odd[i], &block));
        cr_assert_eq(heap_site((void *)odd[i]), 0);
        heap_forget((void *)odd[i]);
    }
    heap_note((void *)UINTPTR_MAX, HEAP_SIZE_UNKNOWN, 5);
    cr_assert_eq(heap_site((void *)UINTPTR_MAX), 0);
    heap_note(support_block(10, 0), HEAP_SIZE_UNKNOWN, 0);
}

/* Addresses whose leaves would have one slot; nothing need be there. */
Test(heap, leaves_whose_slot_is_taken)
{
    enum { PLACES = 8 };
    const uintptr_t apart = (uintptr_t)HEAP_SLOTS << HEAP_LEAF_SHIFT, first = 0x123456780;
    heap_entry *entry;
    unsigned before = heap_leaf_count();
    heap_init(true);
    for (uint32_t i = 0; i < PLACES; i++)
        heap_note((void *)(first + i * apart), HEAP_SIZE_UNKNOWN, i + 1);
    cr_assert_eq(heap_leaf_count(), before + PLACES);
    for (uint32_t i = 0; i < PLACES; i++) {
        cr_assert_eq(heap_site((void *)(first + i * apart)), i + 1);
        cr_assert_eq(heap_leaf_at(before + i).base,
                     (first + i * apart) >> HEAP_LEAF_SHIFT << HEAP_LEAF_SHIFT);
        cr_assert(heap_leaf_at(before + i).entries);
        cr_assert_eq(heap_fast_entry((void *)(first + i * apart), &entry), i == 0,
                     "only one is fast");
    }
    heap_forget((void *)(first + 3 * apart));
    cr_assert_eq(heap_site((void *)(first + 3 * apart)), 0);
    cr_assert_eq(heap_site((void *)(first + 4 * apart)), 5);
    cr_assert_eq(heap_site((void *)(first + PLACES * apart)), 0);
    heap_note((void *)(first + 3 * apart), HEAP_SIZE_UNKNOWN, 9);
    cr_assert_eq(heap_site((void *)(first + 3 * apart)), 9);
    cr_assert_eq(heap_leaf_count(), before + PLACES);
}

/* More of them than there is room for are dropped. */
Test(heap, too_many_leaves_whose_slot_is_taken)
{
    const uintptr_t apart = (uintptr_t)HEAP_SLOTS << HEAP_LEAF_SHIFT, first = 0x123456780;
    heap_init(true);
    for (uint32_t i = 0; i < 100; i++)
        heap_note((void *)(first + i * apart), HEAP_SIZE_UNKNOWN, i + 1);
    cr_assert_eq(heap_site((void *)first), 1);
    cr_assert_eq(heap_site((void *)(first + 64 * apart)), 65);
    cr_assert_eq(heap_site((void *)(first + 65 * apart)), 0);
    cr_assert_gt(atomic_load(&dropped[DROP_BLOCK]), 0);
}

Test(heap, other_allocators_have_smaller_blocks)
{
    struct heap_block block;
    heap_init(false);
    char *p = support_block(64, 0);
    for (uint32_t i = 0; i < 8; i++)
        heap_note(p + 8 * i, HEAP_SIZE_UNKNOWN, i + 1);
    for (uint32_t i = 0; i < 8; i++) {
        cr_assert_eq(heap_site(p + 8 * i), i + 1);
        cr_assert(heap_find((uintptr_t)p + 8 * i, &block));
        cr_assert_eq(block.start, (uintptr_t)p + 8 * i);
        cr_assert_eq(block.size, 0, "not known");
    }
    heap_forget(p + 8);
    cr_assert_eq(heap_site(p + 8), 0);
    cr_assert_eq(heap_site(p + 16), 3);
}

Test(heap, a_header_on_an_unmapped_page_is_survived)
{
    struct heap_block block;
    heap_init(true);
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    heap_note(pages + 4096, HEAP_SIZE_UNKNOWN, 5);
    mprotect(pages, 4096, PROT_NONE);
    heap_find((uintptr_t)pages + 4096, &block);
    munmap(pages, 8192);
    heap_find((uintptr_t)pages + 4096 + 8, &block);
}
