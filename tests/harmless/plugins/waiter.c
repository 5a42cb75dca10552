// SPDX-License-Identifier: MIT
/*
 * Its constructor and its destructor each wait for a thread that makes a key, allocates, and starts
 * a further thread. Nothing of that needs the loader's lock, which the waiting thread holds.
 */
#include "../observe.h"
#include <pthread.h>

static void *end(void *argument)
{
    free(argument);
    return NULL;
}

static void *work(void *argument)
{
    pthread_t thread;
    pthread_key_t key;
    if (pthread_key_create(&key, free) != 0 || pthread_setspecific(key, malloc(10)) != 0)
        return argument;
    for (size_t size = 1; size < 3000; size += 100) {
        char *block = strdup("through libc");
        block = realloc(block, size + 20);
        free(block);
        free(calloc(1, size));
    }
    if (pthread_create(&thread, NULL, end, malloc(20)) != 0)
        return argument;
    pthread_join(thread, NULL);
    free(pthread_getspecific(key));
    pthread_setspecific(key, NULL);
    pthread_key_delete(key);
    return NULL;
}

static void wait_for_work(const char *place)
{
    pthread_t thread;
    char failed;
    void *result = &failed;
    if (pthread_create(&thread, NULL, work, &failed) == 0)
        pthread_join(thread, &result);
    say("  work for the %s: %s\n", place, result ? "FAILED" : "done");
}

__attribute__((constructor)) static void start(void)
{
    wait_for_work("constructor");
}

__attribute__((destructor)) static void stop(void)
{
    wait_for_work("destructor");
}
