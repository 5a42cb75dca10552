// SPDX-License-Identifier: MIT
/*
 * Blocks are handed from thread to thread, grown and freed by whoever has them, while a plug-in
 * that makes some of them is loaded and unloaded: nothing is lost, nothing is damaged.
 */
#include "../observe.h"
#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 4, SLOTS = 64, ROUNDS = 30000 };

static _Atomic(unsigned char *) slots[SLOTS];
static atomic_int damaged;

static unsigned char *fill(unsigned char *block, unsigned size)
{
    block[0] = (unsigned char)size;
    memset(block + 1, (int)size, size);
    return block;
}

static void verify_and_free(unsigned char *block)
{
    if (!block)
        return;
    for (unsigned at = 1; at <= block[0]; at++)
        if (block[at] != block[0])
            damaged++;
    free(block);
}

static void *exchange(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;
    for (int round = 0; round < ROUNDS; round++) {
        seed = seed * 1103515245u + 12345u;
        unsigned size = (seed >> 16) % 200 + 1;
        unsigned char *block = size % 3 ? malloc(size + 1) : calloc(1, size + 1);
        fill(block, size);
        if (size % 5 == 0)
            block = realloc(block, size + 500);
        verify_and_free(atomic_exchange(&slots[(seed >> 8) % SLOTS], block));
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    for (uintptr_t at = 0; at < THREADS; at++)
        check(pthread_create(&threads[at], NULL, exchange, (void *)at) == 0);
    for (int round = 0; round < 50; round++) {
        void *handle = open_plugin("./maker.so", RTLD_NOW);
        void *(*make)(int, size_t) = (void *(*)(int, size_t))symbol(handle, "make_block");
        for (int at = 0; at < 50; at++)
            verify_and_free(atomic_exchange(&slots[at], fill(make(at % 6, 100), 90)));
        dlclose(handle);
    }
    for (int at = 0; at < THREADS; at++)
        pthread_join(threads[at], NULL);
    for (int at = 0; at < SLOTS; at++)
        verify_and_free(atomic_exchange(&slots[at], NULL));
    say("damaged: %d\n", damaged);
    check(damaged == 0);
    return observe_status();
}
