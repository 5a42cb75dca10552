// SPDX-License-Identifier: MIT
/*
 * Defect: a robust mutex that the calling thread has locked, and still has when this plug-in is
 * unloaded.
 *
 * Consequence: the thread's list of robust mutexes leads into unmapped memory. When it locks or
 * unlocks the next one, anybody's, the process dies.
 *
 * Report: robust-mutex, dangling, error. When the thread ends, the finding is resolved.
 *
 * Fix: tidy.c.
 */
#include "plugin.h"

#include <pthread.h>

static pthread_mutex_t lock, second;

static int take(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return pthread_mutex_lock(mutex) == 0 ? 0 : -1;
}

ENTRY(start)
{
    int error = take(&lock);

    return error;
}

/* Both are in the list, the last one first. */
ENTRY(start_two)
{
    return take(&lock) == 0 && take(&second) == 0 ? 0 : -1;
}

/* An ordinary one is in no list. */
ENTRY(start_plain)
{
    static pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER;

    return pthread_mutex_lock(&plain) == 0 ? 0 : -1;
}
