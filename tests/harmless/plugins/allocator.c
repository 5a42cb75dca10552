// SPDX-License-Identifier: MIT
/*
 * An allocator as libjemalloc or libtcmalloc: a library that the program is linked with. It counts,
 * and keeps a value for each thread under a key that it makes in the first malloc.
 */
#include "../observe.h"
#include <pthread.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static int made;
static int given_back;
static int ended;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static __thread int known __attribute__((tls_model("initial-exec")));

static void end_thread(void *value)
{
    (void)value;
    ended++;
}

static void make_key(void)
{
    if (pthread_key_create(&key, end_thread) != 0)
        _exit(98);
}

static void know_thread(void)
{
    if (known)
        return;
    known = 1;
    pthread_once(&once, make_key);
    pthread_setspecific(key, &known);
}

EXPORT(void *, malloc, size_t size)
{
    made++;
    know_thread();
    return __libc_malloc(size);
}

EXPORT(void *, calloc, size_t count, size_t size)
{
    made++;
    return __libc_calloc(count, size);
}

EXPORT(void *, realloc, void *block, size_t size)
{
    made++;
    return __libc_realloc(block, size);
}

EXPORT(void *, memalign, size_t alignment, size_t size)
{
    made++;
    return __libc_memalign(alignment, size);
}

EXPORT(void, free, void *block)
{
    given_back++;
    __libc_free(block);
}

EXPORT(int, allocator_made, void)
{
    int count = made;
    made = 0;
    return count;
}

EXPORT(int, allocator_ended, void)
{
    return ended;
}

EXPORT(int, allocator_given_back, void)
{
    int count = given_back;
    given_back = 0;
    return count;
}
