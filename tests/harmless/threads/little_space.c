// SPDX-License-Identifier: MIT
/* Where address space is short, most of it is left for the stacks of the program's own threads. */
#include "../observe.h"
#include <pthread.h>

enum { THREADS = 4, STACK = 8 << 20 };

static void *wait_for_all(void *barrier)
{
    pthread_barrier_wait(barrier);
    return NULL;
}

int main(void)
{
    static pthread_barrier_t barrier;
    pthread_t threads[THREADS];
    pthread_attr_t attributes;
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    for (unsigned i = 0; i < THREADS; i++) {
        int error = pthread_create(&threads[i], &attributes, wait_for_all, &barrier);
        say("thread %u: %s\n", i, error_name(error));
        if (error)
            return 2;
    }
    pthread_barrier_wait(&barrier);
    for (unsigned i = 0; i < THREADS; i++)
        check(pthread_join(threads[i], NULL) == 0);
    return observe_status();
}
