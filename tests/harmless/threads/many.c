// SPDX-License-Identifier: MIT
/* Threads come and go by the thousand, detached and joined, in parallel: results and order hold. */
#include "../observe.h"
#include <pthread.h>
#include <stdatomic.h>

static atomic_int ended;

static void *add(void *argument)
{
    ended++;
    return (char *)argument + 1;
}

static void *start_many(void *argument)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 65536);
    for (uintptr_t round = 0; round < 500; round++) {
        pthread_t thread;
        void *result = NULL;
        check(pthread_create(&thread, NULL, add, (void *)round) == 0);
        check(pthread_join(thread, &result) == 0);
        check((uintptr_t)result == round + 1);
        check(pthread_create(&thread, &attributes, add, NULL) == 0);
    }
    return argument;
}

int main(void)
{
    pthread_t threads[2];
    for (int at = 0; at < 2; at++)
        check(pthread_create(&threads[at], NULL, start_many, NULL) == 0);
    for (int at = 0; at < 2; at++)
        pthread_join(threads[at], NULL);
    while (ended < 2000)
        usleep(1000);
    say("ended: %d\n", ended);
    return observe_status();
}
