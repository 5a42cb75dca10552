// SPDX-License-Identifier: MIT
/*
 * Defect: a key whose destructor lies in this plug-in, and that is never deleted.
 *
 * Consequence: after the unload, the next thread that ends with a value for the key jumps to the
 * address where session_end() was.
 *
 * Report: key-destructor, dangling, error.
 *
 * Fix: tidy.c. This file makes the key in the same three ways.
 */
#include "plugin.h"

#include <pthread.h>
#include <threads.h>

/* The same function as pthread_key_create(); some libraries were linked to this name. */
int __pthread_key_create(pthread_key_t *key, void (*destructor)(void *));

static pthread_key_t session;
static int ended;

/* Public, so that the sample can also lend it to a key of the host ("key-of plugin session_end").
 */
void session_end(void *value);
void session_end(void *value)
{
    (void)value;
    ended++;
}

ENTRY(start)
{
    return pthread_key_create(&session, session_end) == 0 ? 0 : -1;
}

ENTRY(start_c11)
{
    return tss_create(&session, session_end) == thrd_success ? 0 : -1;
}

ENTRY(start_underscore)
{
    return __pthread_key_create(&session, session_end) == 0 ? 0 : -1;
}

/* Sets a value in the calling thread: this is the thread that will crash when it ends. */
ENTRY(use)
{
    return pthread_setspecific(session, NUMBER) == 0 ? 0 : -1;
}
