// SPDX-License-Identifier: MIT
/*
 * "Same output" for all forms of allocation: sizes that the program may use, alignments, contents,
 * and the values at the edges. malloc_usable_size shows that no block is longer or shorter.
 */
#include "../observe.h"
#include <malloc.h>

static void show_usable(void)
{
    for (size_t size = 0; size < 600; size += 7) {
        char *block = malloc(size);
        size_t usable = malloc_usable_size(block);
        memset(block, 1, usable);
        say("%zu:%zu ", size, usable);
        free(block);
    }
    say("\n");
}

static void show_alignments(void)
{
    for (size_t alignment = 1; alignment <= 65536; alignment *= 2) {
        void *blocks[3] = {memalign(alignment, 33), aligned_alloc(alignment, alignment), NULL};
        if (alignment >= sizeof(void *))
            check(posix_memalign(&blocks[2], alignment, 33) == 0);
        for (int at = 0; at < 3; at++) {
            check((uintptr_t)blocks[at] % alignment == 0);
            free(blocks[at]);
        }
    }
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *whole = pvalloc(1);
    void *single = valloc(1);
    check((uintptr_t)whole % page == 0 && (uintptr_t)single % page == 0);
    check(malloc_usable_size(whole) >= page);
    free(whole);
    free(single);
}

static void keep_contents(void)
{
    unsigned char *block = NULL;
    for (size_t size = 1; size < 3000000; size = size * 3 / 2 + 1) {
        block = realloc(block, size);
        check(block != NULL);
        for (size_t at = 0; at < size * 2 / 3 && at < 1000; at++)
            if (size > 2)
                check(block[at] == (unsigned char)(at * 7));
        for (size_t at = 0; at < size; at++)
            block[at] = (unsigned char)(at * 7);
    }
    block = realloc(block, 10);
    check(block[9] == 63);
    block = reallocarray(block, 100, 10);
    check(block[9] == 63);
    say("realloc to nothing gives %s\n", realloc(block, 0) ? "a block" : "NULL");

    unsigned char *zeroed = calloc(1000, 77);
    for (size_t at = 0; at < 77000; at++)
        check(zeroed[at] == 0);
    free(zeroed);
}

/* Blocks of a size that the C library keeps no reserve of: what each takes of its heap. */
static void show_heap_use(void)
{
    struct mallinfo2 before = mallinfo2();
    void *blocks[100];
    for (int at = 0; at < 100; at++)
        blocks[at] = malloc(2000);
    struct mallinfo2 with = mallinfo2();
    say("a block of 2000 takes %zu\n", (with.uordblks - before.uordblks) / 100);
    for (int at = 0; at < 100; at++)
        free(blocks[at]);
}

int main(void)
{
    void *first = malloc(0);
    void *second = malloc(0);
    check(first && second && first != second);
    free(first);
    free(second);
    show_heap_use();
    show_usable();
    show_alignments();
    keep_contents();
    return observe_status();
}
