// SPDX-License-Identifier: MIT
/*
 * Right: it stays to the end, and deletes its key when the process ends, while threads still have
 * values. Nobody needs these any more.
 */
#include "plugin.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_key_t session;

__attribute__((constructor)) static void start(void)
{
    if (pthread_key_create(&session, free) != 0)
        abort();
}

__attribute__((destructor)) static void stop(void)
{
    pthread_key_delete(session);
}

static void stop_at_exit(void)
{
    pthread_key_delete(session);
    pthread_key_create(&session, NULL);
}

ENTRY(use)
{
    char *block = strdup(SECRET);

    return block && pthread_setspecific(session, block) == 0 ? 0 : -1;
}

ENTRY(use_handler)
{
    return atexit(stop_at_exit) == 0 ? 0 : -1;
}
