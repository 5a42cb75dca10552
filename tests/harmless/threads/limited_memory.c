// SPDX-License-Identifier: MIT
/*
 * "Small address space (ulimit -v 400 MB)": 64 threads live at once, allocate and end. With two
 * arenas: what the C library takes for more depends on who comes first, with the shim and without
 * it.
 */
#include "../observe.h"
#include <malloc.h>
#include <pthread.h>

enum { THREADS = 64 };

static pthread_barrier_t barrier;
static pthread_key_t key;

static void *run(void *argument)
{
    check(pthread_setspecific(key, malloc(100)) == 0);
    pthread_barrier_wait(&barrier);
    for (int round = 0; round < 200; round++) {
        void *block = malloc(2000);
        check(block != NULL);
        free(block);
        free(strdup("through libc"));
    }
    pthread_barrier_wait(&barrier);
    return argument;
}

int main(void)
{
    pthread_t threads[THREADS];
    pthread_attr_t attributes;
    mallopt(M_ARENA_MAX, 2);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 1 << 20);
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    check(pthread_key_create(&key, free) == 0);
    for (int at = 0; at < THREADS; at++) {
        int error = pthread_create(&threads[at], &attributes, run, NULL);
        if (error) {
            say("FAILED thread %d: %s\n", at, error_name(error));
            return 1;
        }
    }
    pthread_barrier_wait(&barrier);
    leave_something();
    void *large = malloc(100 << 20);
    say("100 MB: %s\n", large ? "there" : error_name(errno));
    free(large);
    pthread_barrier_wait(&barrier);
    for (int at = 0; at < THREADS; at++)
        check(pthread_join(threads[at], NULL) == 0);
    say("threads: %d\n", count_threads());
    return observe_status();
}
