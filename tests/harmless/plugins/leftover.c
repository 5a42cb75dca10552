// SPDX-License-Identifier: MIT
/*
 * A plug-in that leaves a key with a destructor, a value in the calling thread and a block behind;
 * or no value, where the calling thread will end.
 */
#include "../observe.h"
#include <pthread.h>

static pthread_key_t key;
static char value[16];
static void *volatile block;

static void clean_up(void *data)
{
    (void)data;
}

EXPORT(void, leave, int with_value)
{
    if (pthread_key_create(&key, clean_up) != 0)
        return;
    if (with_value)
        pthread_setspecific(key, value);
    block = malloc(100);
}
