// SPDX-License-Identifier: MIT
/* The index of live blocks, and what it believes of the words before them, which the program may
 * have written over. */
#include "made_heap.h"
#include "scan/blocks.h"

#include <string.h>
#include <sys/mman.h>

enum { WORD = sizeof(uintptr_t), SITE = SITE_UNKNOWN, LEAF = 1 << HEAP_LEAF_SHIFT };

static struct heap_pages pages;
static struct view view;
static struct block_index *block_index;

static void make_index(bool in_place)
{
    cr_assert(heap_pages_read(&pages) && view_open(&view, in_place));
    block_index = blocks_index_make(&pages, &view);
    cr_assert_not_null(block_index);
}

static void free_index(void)
{
    blocks_index_free(block_index);
    view_close(&view);
    heap_pages_free(&pages);
}

static size_t extent(uintptr_t start)
{
    size_t size;
    return blocks_extent(block_index, &view, start, &size) ? size : 0;
}

/* Where the block is that has the address; 0: in none. */
static uintptr_t block_with(uintptr_t address)
{
    struct block block;
    if (!blocks_may_be(block_index, address) || !blocks_find_start(block_index, address, &block))
        return 0;
    return address == block.start || address - block.start < extent(block.start) ? block.start : 0;
}

Test(blocks, every_address_of_many_blocks)
{
    enum { BLOCKS = 3000 };
    made_heap_start((size_t)BLOCKS * 320);
    for (unsigned i = 0; i < BLOCKS; i++) {
        uint32_t block = made_block(made_random(300), SITE);
        if (i % 5 == 4)
            heap_forget((void *)made_start(block)); /* freed; its head is as it was */
    }
    for (unsigned in_place = 0; in_place < 2; in_place++) {
        make_index(in_place);
        uintptr_t wanted = 0, end = 0;
        uint32_t next = 0;
        for (uintptr_t at = (uintptr_t)made.memory; at < (uintptr_t)made.next; at++) {
            if (next < BLOCKS && at == made_start(next)) {
                wanted = next % 5 == 4 ? 0 : at;
                end = at + made.blocks[next++].usable;
            }
            cr_assert_eq(block_with(at), at < end ? wanted : 0);
        }
        cr_assert_not(block_index->overwritten);
        free_index();
    }
}

static bool count_block(const struct block *block, void *data)
{
    cr_assert_eq(block->site, SITE);
    (*(unsigned *)data)++;
    return true;
}

static bool stop_at_once(const struct block *block, void *data)
{
    (*(unsigned *)data)++;
    return block == NULL;
}

Test(blocks, those_without_a_mark)
{
    enum { BLOCKS = 1000 };
    unsigned seen = 0;
    made_heap_start((size_t)BLOCKS * 64);
    for (unsigned i = 0; i < BLOCKS; i++)
        made_block(40, SITE);
    make_index(true);
    for (uint32_t i = 0; i < BLOCKS; i += 4) {
        struct block block;
        cr_assert(blocks_find_start(block_index, made_start(i), &block));
        cr_assert_not(blocks_is_marked(&block, MARK_REACHED));
        blocks_mark(&block, MARK_REACHED);
        cr_assert(blocks_is_marked(&block, MARK_REACHED));
    }
    cr_assert(blocks_each_unmarked(block_index, MARK_REACHED, count_block, &seen));
    cr_assert_eq(seen, BLOCKS - BLOCKS / 4);
    seen = 0;
    cr_assert(blocks_each_unmarked(block_index, MARK_REFERENCED, count_block, &seen));
    cr_assert_eq(seen, BLOCKS);
    seen = 0;
    cr_assert_not(blocks_each_unmarked(block_index, MARK_REFERENCED, stop_at_once, &seen));
    cr_assert_eq(seen, 1);
    free_index();
}

/* Over several leaves of the map, the last of which has a block of its own. */
Test(blocks, a_block_over_leaves)
{
    made_heap_start(4 * (size_t)LEAF);
    uint32_t before = made_block(40, SITE), large = made_block(3 * (size_t)LEAF, SITE);
    uint32_t behind = made_block(40, SITE);
    for (unsigned in_place = 0; in_place < 2; in_place++) {
        make_index(in_place);
        uintptr_t start = made_start(large), end = start + made.blocks[large].usable;
        cr_assert_eq(extent(start), made.blocks[large].usable);
        for (uintptr_t at = start; at < end; at += LEAF / 16)
            cr_assert_eq(block_with(at), start);
        cr_assert_eq(block_with(end - 1), start);
        cr_assert_eq(block_with(end), 0);
        cr_assert_eq(block_with(made_start(behind)), made_start(behind));
        cr_assert_eq(block_with(made_start(before)), made_start(before));
        cr_assert_not(block_index->overwritten);
        free_index();
    }
}

Test(blocks, none)
{
    heap_init(true);
    make_index(true);
    unsigned seen = 0;
    for (uintptr_t at = 0; at < 64; at++)
        cr_assert_not(blocks_may_be(block_index, (uintptr_t)1 << at));
    cr_assert(blocks_each_unmarked(block_index, MARK_REACHED, count_block, &seen));
    cr_assert_eq(seen, 0);
    free_index();
}

static const uintptr_t nonsense[] = {
    0,
    1,
    8,
    24,
    0x41,
    0x1000,
    0x40000001,
    0x41414141,
    (uintptr_t)1 << 39,
    ((uintptr_t)1 << 40) - 16,
    (uintptr_t)1 << 40,
    0x4141414141414141,
    UINTPTR_MAX,
    UINTPTR_MAX & ~(uintptr_t)15,
};

enum { NONSENSE = sizeof nonsense / sizeof *nonsense };

Test(blocks, a_head_that_was_written_over)
{
    for (unsigned i = 0; i < NONSENSE; i++) {
        made = (struct made_heap){0};
        made_heap_start(1 << 20);
        uint32_t first = made_block(40, SITE), second = made_block(40, SITE);
        uint32_t last = made_block(40, SITE);
        *made_head(first) = nonsense[i];
        *made_head(last) = nonsense[i];
        for (unsigned in_place = 0; in_place < 2; in_place++) {
            make_index(in_place);
            cr_assert_leq(extent(made_start(first)), 40, "it ends before the next one");
            cr_assert_eq(extent(made_start(second)), 40);
            cr_assert_leq(made_start(last) + extent(made_start(last)), (uintptr_t)made.end);
            cr_assert(block_index->overwritten || nonsense[i] == 0x41);
            cr_assert_eq(block_with(made_start(first)), made_start(first));
            cr_assert_eq(block_with(made_start(second)), made_start(second));
            cr_assert_eq(block_with(made_start(second) - WORD), 0);
            cr_assert_eq(block_with(made_start(last)), made_start(last));
            free_index();
        }
        heap_forget((void *)made_start(first));
        heap_forget((void *)made_start(second));
        heap_forget((void *)made_start(last));
    }
}

/* The highest page that may be mapped: what the head says is beyond all addresses. */
static char *map_high(void)
{
    enum { NOREPLACE = 0x100000, PAGE = 4096 };
    uintptr_t top = (uintptr_t)1 << HEAP_ADDRESS_BITS;
    for (uintptr_t at = top - 2 * PAGE; at > top - ((uintptr_t)1 << 36);
         at -= (uintptr_t)256 << 10) {
        char *p = mmap((void *)at, PAGE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | NOREPLACE, -1, 0);
        if (p == (char *)at)
            return p;
        if (p != MAP_FAILED)
            munmap(p, PAGE);
    }
    return NULL;
}

Test(blocks, a_head_that_was_written_over_at_the_end_of_all_memory)
{
    made_heap_start(4096);
    uint32_t other = made_block(40, SITE);
    char *page = map_high();
    cr_assert_not_null(page);
    uintptr_t start = (uintptr_t)page + 64;
    heap_note((void *)start, 40, SITE);
    for (unsigned i = 0; i < NONSENSE; i++) {
        ((uintptr_t *)(void *)start)[-1] = nonsense[i];
        for (unsigned in_place = 0; in_place < 2; in_place++) {
            make_index(in_place);
            cr_assert_leq(extent(start), ((uintptr_t)1 << HEAP_ADDRESS_BITS) - start);
            cr_assert_leq(extent(start), (64 << 10) + 4096);
            cr_assert_eq(block_with(start), start);
            cr_assert_eq(block_with(made_start(other)), made_start(other));
            for (unsigned part = 1; part <= block_index->part_count; part++)
                cr_assert_lt(block_index->parts[part].leaf, block_index->count);
            cr_assert_leq(block_index->part_count, 4);
            free_index();
        }
    }
}

/* Blocks that the damaged one held are not reported as lost, and the walk ends. */
Test(blocks, a_walk_over_heads_that_were_written_over)
{
    for (unsigned i = 0; i < NONSENSE; i++) {
        made = (struct made_heap){0};
        made_heap_start(1 << 20);
        for (unsigned k = 0; k < 100; k++)
            made_block(40, SITE);
        for (uint32_t k = 0; k < 99; k++)
            made_point(k, k + 1, 0);
        made_root(0);
        *made_head(50) = nonsense[i];
        *made_head(99) = nonsense[i];
        const struct walk *walk = made_walk(WALK_IN_COPY);
        cr_assert(walk->overwritten || nonsense[i] == 0x41);
        cr_assert_neq(walk->complete, walk->overwritten);
        cr_assert_not(walk->no_memory);
        walk = made_walk(WALK_BESIDE);
        cr_assert_not(walk->overwritten, "it may have changed meanwhile");
        for (uint32_t k = 0; k < 100; k++)
            heap_forget((void *)made_start(k));
    }
}
