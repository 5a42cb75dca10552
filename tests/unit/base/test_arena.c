// SPDX-License-Identifier: MIT
#include "base/arena.h"
#include "support.h"

#include <pthread.h>
#include <string.h>

Test(arena, memory_is_zeroed_also_the_second_time)
{
    for (size_t size = 1; size <= 1 << 18; size = size * 3 + 1) {
        char *p = arena_alloc(size);
        for (size_t i = 0; i < size; i++)
            cr_assert_eq(p[i], 0);
        memset(p, 0xee, size);
        arena_free(p, size);
        p = arena_alloc(size);
        for (size_t i = 0; i < size; i++)
            cr_assert_eq(p[i], 0);
        arena_free(p, size);
    }
}

Test(arena, what_is_given_back_is_used_again)
{
    void *p = arena_alloc(100);
    arena_free(p, 100);
    cr_assert_eq(arena_alloc(128), p, "one class");
    size_t before = arena_mapped();
    for (int i = 0; i < 100000; i++)
        arena_free(arena_alloc(5000), 5000);
    cr_assert(arena_mapped() <= before + 256 * 1024);
}

Test(arena, blocks_do_not_overlap_and_are_aligned)
{
    enum { COUNT = 2000 };
    static unsigned char *blocks[COUNT];
    static size_t sizes[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        sizes[i] = i * 37 % 3000;
        blocks[i] = arena_alloc(sizes[i]);
        cr_assert_eq((uintptr_t)blocks[i] % 16, 0);
        memset(blocks[i], (int)(i % 251), sizes[i]);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            cr_assert_eq(blocks[i][k], i % 251);
}

Test(arena, odd_arguments)
{
    arena_free(NULL, 10);
    cr_assert_not_null(arena_alloc(0));
    cr_assert_null(arena_alloc((size_t)1 << 62), "more than there is");
    char *copy = arena_strdup("text");
    cr_assert_str_eq(copy, "text");
    arena_free(copy, 5);
    cr_assert_str_empty(arena_strdup(""));
}

static void *churn(void *seed)
{
    for (size_t i = 0; i < 20000; i++) {
        size_t size = (i * 7 + (size_t)seed) % 900 + sizeof(void *);
        void **p = arena_alloc(size);
        cr_assert_null(*p);
        *p = seed;
        cr_assert_eq(*p, seed);
        arena_free(p, size);
    }
    return NULL;
}

Test(arena, many_threads)
{
    pthread_t ids[4];
    for (size_t i = 0; i < 4; i++)
        pthread_create(&ids[i], NULL, churn, (void *)(i + 1));
    for (size_t i = 0; i < 4; i++)
        pthread_join(ids[i], NULL);
}
