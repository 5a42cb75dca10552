// SPDX-License-Identifier: MIT
/*
 * Defect: a key that is never deleted. It has no destructor, or one that is not in this plug-in.
 *
 * Consequence: no crash, but the process has only PTHREAD_KEYS_MAX keys (1024). Each reload takes
 * one more, and one day pthread_key_create() fails for everybody.
 *
 * Report: key, lost, warning; with the number of lost keys, and of reloads that are left.
 *
 * Fix: tidy.c.
 */
#include "plugin.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

int __pthread_key_create(pthread_key_t *key, void (*destructor)(void *));

static pthread_key_t counter;

ENTRY(start)
{
    return pthread_key_create(&counter, NULL) == 0 ? 0 : -1;
}

/* Many keys: those from the 33rd on are kept in another place by the C library. */
ENTRY(start_many)
{
    for (volatile int i = 0; i < 40; i++) /* volatile: one call, also where loops are unrolled */
        if (pthread_key_create(&counter, NULL) != 0)
            return -1;
    return 0;
}

/* The destructor is the C library's, which stays: nothing will crash, the key is lost all the same.
 */
ENTRY(start_free)
{
    return pthread_key_create(&counter, free) == 0 ? 0 : -1;
}

ENTRY(start_c11)
{
    return tss_create(&counter, NULL) == thrd_success ? 0 : -1;
}

ENTRY(start_underscore)
{
    return __pthread_key_create(&counter, NULL) == 0 ? 0 : -1;
}

ENTRY(use_block)
{
    char *block = strdup(SECRET);

    return block && pthread_setspecific(counter, block) == 0 ? 0 : -1;
}

ENTRY(use)
{
    return pthread_setspecific(counter, NUMBER) == 0 ? 0 : -1;
}
