// SPDX-License-Identifier: MIT
/*
 * The clean twin of plugin.c: each thread gives its value back (use_end), or the plug-in keeps a
 * list of all values and frees them itself, before it deletes the key.
 */
#include "plugin.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 8

static pthread_key_t session;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *blocks[THREADS_MAX];

/* Takes VALUE from the list, and frees it. */
static void session_end(void *value)
{
    pthread_mutex_lock(&lock);
    for (int i = 0; i < THREADS_MAX; i++)
        if (blocks[i] == value)
            blocks[i] = NULL;
    pthread_mutex_unlock(&lock);
    free(value);
}

ENTRY(start)
{
    return pthread_key_create(&session, session_end) == 0 ? 0 : -1;
}

ENTRY(use)
{
    char *block = strdup(SECRET);
    int place = 0;

    pthread_mutex_lock(&lock);
    while (place < THREADS_MAX && blocks[place])
        place++;
    if (place < THREADS_MAX)
        blocks[place] = block;
    pthread_mutex_unlock(&lock);
    return block && pthread_setspecific(session, block) == 0 ? 0 : -1;
}

ENTRY(use_end)
{
    session_end(pthread_getspecific(session));
    return pthread_setspecific(session, NULL) == 0 ? 0 : -1;
}

static void free_all(void)
{
    pthread_mutex_lock(&lock);
    for (int i = 0; i < THREADS_MAX; i++) {
        free(blocks[i]);
        blocks[i] = NULL;
    }
    pthread_mutex_unlock(&lock);
}

ENTRY(stop)
{
    free_all();
    return pthread_key_delete(session) == 0 ? 0 : -1;
}

/* Only the key: the values are still in the list, for free_list and free_newest. */
ENTRY(stop_key_only)
{
    return pthread_key_delete(session) == 0 ? 0 : -1;
}

ENTRY(free_list)
{
    free_all();
    return 0;
}

ENTRY(free_newest)
{
    int place = THREADS_MAX - 1;

    while (place > 0 && !blocks[place])
        place--;
    free(blocks[place]);
    blocks[place] = NULL;
    return 0;
}

/* The other order is as good: the values are still in the list. */
ENTRY(stop_key_first)
{
    int error = pthread_key_delete(session);

    free_all();
    return error == 0 ? 0 : -1;
}
