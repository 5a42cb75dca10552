// SPDX-License-Identifier: MIT
/*
 * The clean twin of plugin.c: all sessions are in a list. Before the unload, the plug-in deletes
 * the key first, so that no thread calls its destructor any more, and then frees what is in the
 * list.
 */
#include "plugin.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct session {
    struct session *next, **link; /* *link points to this one */
    int requests;
    char user[sizeof SECRET];
};

static pthread_key_t sessions;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct session *first;
static bool started;

static void session_end(void *value)
{
    struct session *session = value;

    pthread_mutex_lock(&lock);
    *session->link = session->next;
    if (session->next)
        session->next->link = session->link;
    pthread_mutex_unlock(&lock);
    free(session);
}

ENTRY(start)
{
    started = pthread_key_create(&sessions, session_end) == 0;
    return started ? 0 : -1;
}

static struct session *session_new(void)
{
    struct session *session = calloc(1, sizeof *session);

    if (!session)
        return NULL;
    memcpy(session->user, SECRET, sizeof SECRET);
    pthread_mutex_lock(&lock);
    session->next = first;
    session->link = &first;
    if (first)
        first->link = &session->next;
    first = session;
    pthread_mutex_unlock(&lock);
    return session;
}

ENTRY(use_session)
{
    struct session *session = pthread_getspecific(sessions);

    if (!session) {
        session = session_new();
        if (!session || pthread_setspecific(sessions, session) != 0)
            return -1;
    }
    session->requests++;
    return 0;
}

__attribute__((destructor)) static void plugin_fini(void)
{
    if (started)
        pthread_key_delete(sessions);
    while (first) {
        struct session *next = first->next;

        free(first);
        first = next;
    }
}
