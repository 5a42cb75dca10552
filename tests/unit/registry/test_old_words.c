// SPDX-License-Identifier: MIT
#include "registry/old_words.h"
#include "modules/territory.h"
#include "registry/heap.h"
#include "support.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { SIZE = 16 << 10, WORDS = SIZE / sizeof(uintptr_t), PAGE_WORDS = 4096 / sizeof(uintptr_t) };

static const uintptr_t start = 0x7f1234560000, end = 0x7f1234590000;

/* A block in pages of its own, as malloc gives one that was used before. */
static uintptr_t *make_block(uint32_t site)
{
    uintptr_t *block = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(block, MAP_FAILED);
    for (size_t i = 0; i < WORDS; i++)
        block[i] = i + 1;
    heap_init(true);
    heap_note(block, SIZE, site);
    return block;
}

static bool has(const uintptr_t *block, uint32_t site, size_t index)
{
    return old_words_has((uintptr_t)block, site, (uintptr_t)&block[index], block[index]);
}

Test(old_words, are_known_where_they_lay)
{
    uintptr_t *block = make_block(7);
    territory_add(start, end);
    block[1] = start;
    block[PAGE_WORDS + 5] = end - 1;
    block[WORDS - 1] = start + 9;
    block[8] = end + (1 << 20);
    old_words_note(block, 0, SIZE);
    cr_assert(has(block, 7, 1) && has(block, 7, PAGE_WORDS + 5) && has(block, 7, WORDS - 1));
    cr_assert_not(has(block, 7, 8), "it leads elsewhere");
    cr_assert_not(has(block, 8, 1), "of another site: another block");
    cr_assert_not(old_words_has((uintptr_t)block, 7, (uintptr_t)&block[2], start));
    block[1] = start + 8;
    cr_assert_not(has(block, 7, 1), "it was written");
}

Test(old_words, of_addresses_on_both_sides_of_4_GB)
{
    uintptr_t *block = make_block(7);
    territory_add(0x7f11ffff0000, 0x7f1200010000);
    for (size_t i = 0; i < WORDS; i += 31)
        block[i] = i % 2 ? 0x7f11ffff0000 + i : 0x7f1200000000 + i;
    old_words_note(block, 0, SIZE);
    for (size_t i = 0; i < WORDS; i++)
        cr_assert_eq(has(block, 7, i), i % 31 == 0, "%zu", i);
}

Test(old_words, are_none_where_nothing_was_used_or_all_was_written)
{
    uintptr_t *block = make_block(7);
    territory_add(start, end);
    for (size_t i = 0; i < PAGE_WORDS; i++)
        block[PAGE_WORDS + i] = 0;
    block[3] = block[2 * PAGE_WORDS] = start;
    old_words_note(block, 4 * sizeof *block, SIZE);
    cr_assert_not(has(block, 7, 3), "realloc copied it");
    cr_assert_not(has(block, 7, 2 * PAGE_WORDS), "behind a page that was never used");
}

Test(old_words, give_way_to_those_of_blocks_that_live)
{
    enum { BLOCKS = 100 };
    uintptr_t *blocks[BLOCKS], *last;
    territory_add(start, end);
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = make_block(7);
        for (size_t k = 0; k < WORDS; k++)
            blocks[i][k] = start;
        old_words_note(blocks[i], 0, SIZE);
        heap_forget(blocks[i]);
    }
    last = make_block(7);
    last[10] = start;
    old_words_note(last, 0, SIZE);
    cr_assert(has(last, 7, 10));
}

Test(old_words, of_a_block_that_lives_are_kept)
{
    enum { BLOCKS = 100 }; /* more words than the first table has places */
    uintptr_t *blocks[BLOCKS];
    territory_add(start, end);
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = make_block(7);
        for (size_t k = 0; k < WORDS; k++)
            blocks[i][k] = start;
        old_words_note(blocks[i], 0, SIZE);
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        for (size_t k = 0; k < WORDS; k++)
            cr_assert(has(blocks[i], 7, k), "word %zu of block %u", k, i);
}

Test(old_words, are_looked_for_until_many_blocks_have_none)
{
    uintptr_t *block = make_block(7);
    old_words_expect();
    cr_assert_not(old_words_are_due(7), "no module has come yet");
    territory_add(start, end);
    old_words_expect();
    for (unsigned i = 0; i < OLD_WORDS_IN_VAIN; i++) {
        cr_assert(old_words_are_due(7), "block %u", i);
        old_words_note(block, 0, SIZE);
    }
    cr_assert_not(old_words_are_due(7));
    cr_assert(old_words_are_due(8), "another site's blocks");
    old_words_due[8] = 0;

    block[20] = start;
    old_words_note(block, 0, SIZE);
    cr_assert(old_words_are_due(7) && old_words_are_due(8), "a sample had one");
    for (unsigned i = 0; i < OLD_WORDS_IN_VAIN; i++)
        old_words_note(block, 0, SIZE);
    cr_assert_not(old_words_are_due(7));
    old_words_expect();
    cr_assert(old_words_are_due(7), "a module came or went");
}

Test(old_words, are_looked_for_in_one_of_256_blocks_afterwards)
{
    unsigned sampled = 0;
    for (uintptr_t at = 0x10000; at < 0x10000 + (64 << 20); at += 144)
        sampled += old_words_are_sampled((const void *)at);
    cr_assert_float_eq(sampled, (64 << 20) / 144 / 256.0, 30, "%u", sampled);
}
