// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: it knows whether it has a key, and deletes that one, once. */
#include "plugin.h"

#include <pthread.h>
#include <stdbool.h>

static pthread_key_t session;
static bool started;

ENTRY(start)
{
    started = pthread_key_create(&session, NULL) == 0;
    return started ? 0 : -1;
}

ENTRY(stop)
{
    bool had = started;

    started = false;
    if (!had)
        return 0;
    return pthread_key_delete(session) == 0 ? 0 : -1;
}
