// SPDX-License-Identifier: MIT
/*
 * A pool of which only a part is ever written: the rest has what lay in its memory before. When a
 * plug-in takes its function out, the host makes a new pool, and in the place of the old one.
 */
#include "observers.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef IN_FEW
enum { WORDS = 17, FIRST = 5 };
#else
enum { WORDS = 600, FIRST = 100 };
#endif
enum { SIZE = WORDS * sizeof(observer *) };

#ifdef BY_NEW
void *pool_make(size_t size); /* pool_new.cpp */
void pool_free(void *pool);
#else
static void *pool_make(size_t size)
{
#if defined BY_CALLOC
    return calloc(1, size);
#elif defined BY_REALLOC
    return realloc(malloc(size / WORDS), size);
#elif defined BY_ALIGNED_ALLOC
    return aligned_alloc(sizeof(observer *), size);
#else
    return malloc(size);
#endif
}

static void pool_free(void *pool)
{
    free(pool);
}
#endif

static observer *volatile *pool;
static unsigned used;

/* The new pool is a variable of the host's, or a thread's value or argument alone. */
#if defined IN_VALUE
static void keep_new(void)
{
    pthread_key_t key;

    if (pthread_key_create(&key, NULL) != 0 || pthread_setspecific(key, (void *)pool) != 0)
        abort();
    pool = NULL;
}
#elif defined IN_ARGUMENT
static void *wait_for_end(void *argument)
{
    for (;;)
        pause();
    return argument;
}

static void keep_new(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, wait_for_end, (void *)pool) != 0)
        abort();
    pool = NULL;
}
#else
static void keep_new(void)
{
}
#endif

/* Tests let malloc overwrite what was there before (MALLOC_PERTURB_). */
static __attribute__((constructor)) void leave_contents(void)
{
    mallopt(M_PERTURB, 0);
}

void observers_add(observer *function)
{
    if (!pool)
        pool = pool_make(SIZE);
    if (!pool || used == WORDS - FIRST)
        abort();
    pool[FIRST + used++] = function;
}

void observers_remove(observer *function)
{
    (void)function;
    pool_free((void *)pool);
    pool = pool_make(SIZE);
    keep_new();
}

static void empty(void)
{
    pool_free((void *)pool);
    pool = NULL;
}

void observers_empty_at_exit(void)
{
    atexit(empty);
    at_quick_exit(empty);
}
