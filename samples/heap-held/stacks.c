// SPDX-License-Identifier: MIT
/*
 * A library that stays, and keeps what the thread's slot has in memory where, or beside which, the
 * stack of a thread is or was.
 *
 * No defect: what it keeps is held, and no heap block is lost.
 */
#include "host.h"
#include "plugin.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Larger than what the C library keeps of the stacks of ended threads. */
enum { LARGE = 64 << 20, SIZE = 1 << 20, STACK = 256 << 10, PAGE = 4096 };

static char *memory;
static void *ended; /* its descriptor, at the upper end of its stack */

static int map(size_t size)
{
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? -1 : 0;
}

/* The upper part of the memory is a stack. */
ENTRY(start)
{
    pthread_attr_t attributes;
    pthread_t thread;

    if (map(SIZE) != 0 || pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setstack(&attributes, memory + SIZE - STACK, STACK) != 0 ||
        pthread_create(&thread, &attributes, host_service, NULL) != 0)
        return -1;
    host_await();
    return 0;
}

/* The C library's stack lies below this memory, mostly, and before Linux 6.7 the kernel takes both
 * for one mapping even without madvise. A stack of this size was not there before. */
ENTRY(start_below)
{
    pthread_attr_t attributes;
    pthread_t thread;

    if (map(SIZE) != 0)
        return -1;
    memset(memory, 1, SIZE);
    madvise(memory, SIZE, MADV_NOHUGEPAGE);
    if (pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setstacksize(&attributes, (size_t)5 * STACK) != 0 ||
        pthread_create(&thread, &attributes, host_service, NULL) != 0)
        return -1;
    host_await();
    return 0;
}

static void *note_self(void *argument)
{
    (void)argument;
    ended = (void *)pthread_self();
    return NULL;
}

/* The C library has unmapped a stack, and its place has other memory now. */
ENTRY(take_place_of_stack)
{
    pthread_attr_t attributes;
    pthread_t thread;

    if (pthread_attr_init(&attributes) != 0 || pthread_attr_setstacksize(&attributes, LARGE) != 0 ||
        pthread_create(&thread, &attributes, note_self, NULL) != 0 ||
        pthread_join(thread, NULL) != 0 || map(LARGE + PAGE) != 0)
        return -1;
    return (char *)ended > memory && (char *)ended < memory + LARGE + PAGE ? 0 : -1;
}

ENTRY(keep)
{
    *(const void **)(void *)(memory + PAGE) = host_slot();
    host_set_slot(NULL);
    return 0;
}
