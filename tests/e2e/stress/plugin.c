// SPDX-License-Identifier: MIT
/* A plug-in that does a little of everything in each round, and cleans it up; or leaves a key and a
 * value. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS 20

int work(int round);
int leave(pthread_key_t *key);

static void *nothing(void *argument)
{
    return argument;
}

static int use_blocks(int round)
{
    char *blocks[BLOCKS];
    int got = 0;

    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = i % 2 ? strdup("a text of this plug-in") : malloc(16U << (i + round) % 8);
        got += blocks[i] != NULL;
    }
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    return got == BLOCKS ? 0 : -1;
}

static int use_key(void)
{
    pthread_key_t key;
    char *value = strdup("a value");
    int error;

    if (!value || pthread_key_create(&key, free) != 0) {
        free(value);
        return -1;
    }
    error = pthread_setspecific(key, value);
    error |= pthread_getspecific(key) != value;
    error |= pthread_setspecific(key, NULL);
    free(value);
    error |= pthread_key_delete(key);
    return error == 0 ? 0 : -1;
}

static int use_thread(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, nothing, NULL) != 0)
        return -1;
    return pthread_join(thread, NULL) == 0 ? 0 : -1;
}

int work(int round)
{
    int error = use_blocks(round) != 0 || use_key() != 0;

    if (round % 5 == 0)
        error |= use_thread();
    return error == 0 ? 0 : -1;
}

int leave(pthread_key_t *key)
{
    char *value = strdup("a value that is left");

    if (!value || pthread_key_create(key, NULL) != 0) {
        free(value);
        return -1;
    }
    return pthread_setspecific(*key, value) == 0 ? 0 : -1;
}
