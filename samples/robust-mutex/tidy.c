// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: the thread that has the mutex unlocks it before the unload. */
#include "plugin.h"

#include <pthread.h>
#include <stdbool.h>

static pthread_mutex_t lock;
static bool is_locked;

ENTRY(start)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    is_locked = pthread_mutex_lock(&lock) == 0;
    return is_locked ? 0 : -1;
}

ENTRY(stop)
{
    int error = is_locked ? pthread_mutex_unlock(&lock) : 0;

    is_locked = false;
    return error;
}

__attribute__((destructor)) static void tidy_fini(void)
{
    stop();
}
