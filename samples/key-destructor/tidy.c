// SPDX-License-Identifier: MIT
/*
 * The clean twin of plugin.c: the key is deleted before the unload, at the latest in its ELF
 * destructor. Threads that still have a value keep it, and nothing is called for them.
 */
#include "plugin.h"

#include <pthread.h>
#include <stdbool.h>
#include <threads.h>

int __pthread_key_create(pthread_key_t *key, void (*destructor)(void *));

static pthread_key_t session;
static bool started;
static int ended;

static void session_end(void *value)
{
    (void)value;
    ended++;
}

ENTRY(start)
{
    started = pthread_key_create(&session, session_end) == 0;
    return started ? 0 : -1;
}

ENTRY(start_c11)
{
    started = tss_create(&session, session_end) == thrd_success;
    return started ? 0 : -1;
}

ENTRY(start_underscore)
{
    started = __pthread_key_create(&session, session_end) == 0;
    return started ? 0 : -1;
}

ENTRY(use)
{
    return pthread_setspecific(session, NUMBER) == 0 ? 0 : -1;
}

/* The host may stop the plug-in before it unloads it … */
ENTRY(stop)
{
    int error = started ? pthread_key_delete(session) : 0;

    started = false;
    return error == 0 ? 0 : -1;
}

/* … and where it does not, this still comes before the unmapping. */
__attribute__((destructor)) static void plugin_fini(void)
{
    if (started)
        pthread_key_delete(session);
}
