// SPDX-License-Identifier: MIT
/*
 * A classic of the servlet container: a web application has a ThreadLocal of a class of its own,
 * sets a value of its own in the container's worker threads, and never removes it. Here: a
 * plug-in's key, with the plug-in's destructor, and a heap block of the plug-in as value in a
 * thread of the host.
 *
 * Report: key-destructor, error: the worker will jump into unmapped memory when it ends. And
 * key-value, warning: the block is lost, since nobody is left to free it.
 *
 * Fix: tidy.c.
 */
#include "plugin.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct session {
    int requests;
    char user[sizeof SECRET];
};

static pthread_key_t sessions;
static int ended;

static void session_end(void *value)
{
    ended++;
    free(value);
}

ENTRY(start)
{
    return pthread_key_create(&sessions, session_end) == 0 ? 0 : -1;
}

/* Serves a request, in a thread of the host. */
ENTRY(use_session)
{
    struct session *session = pthread_getspecific(sessions);

    if (!session) {
        session = calloc(1, sizeof *session);
        if (!session || pthread_setspecific(sessions, session) != 0)
            return -1;
        memcpy(session->user, SECRET, sizeof SECRET);
    }
    session->requests++;
    return 0;
}
