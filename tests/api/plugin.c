// SPDX-License-Identifier: MIT
/* Leaves things behind. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

void make_key(void);
void lose_block(void);
void *make_block(void);

static pthread_key_t key;

static void forget(void *value)
{
    free(value);
}

void make_key(void)
{
    pthread_key_create(&key, forget);
}

void lose_block(void)
{
    void *volatile block = strdup("text");

    block = NULL;
    (void)block;
}

void *make_block(void)
{
    void *volatile block = strdup("text"); /* no jump: the block is to be the plug-in's */

    return block;
}
