// SPDX-License-Identifier: MIT
/*
 * Defect: the plug-in deletes its key when it is stopped, as it should, but threads still have
 * values for it. Deleting a key calls no destructor: their blocks are lost.
 *
 * Report: key-orphan, lost, warning; with the threads.
 *
 * Fix: tidy.c.
 */
#include "host.h"
#include "plugin.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

static pthread_key_t session;
static char fixed[] = "no heap block";

ENTRY(start)
{
    return pthread_key_create(&session, free) == 0 ? 0 : -1;
}

ENTRY(start_c11)
{
    return tss_create(&session, free) == thrd_success ? 0 : -1;
}

/* libc has the values of such a key in a block of its own. */
ENTRY(start_far)
{
    pthread_key_t others[40];

    for (int i = 0; i < 40; i++)
        if (pthread_key_create(&others[i], NULL) != 0)
            return -1;
    if (pthread_key_create(&session, free) != 0)
        return -1;
    for (int i = 0; i < 40; i++)
        pthread_key_delete(others[i]);
    return 0;
}

/* Without a destructor nobody ever promised to free the values. */
ENTRY(start_no_destructor)
{
    return pthread_key_create(&session, NULL) == 0 ? 0 : -1;
}

ENTRY(use)
{
    char *block = strdup(SECRET);

    return block && pthread_setspecific(session, block) == 0 ? 0 : -1;
}

/* The host has the block, too, and may free it. */
ENTRY(use_listed)
{
    char *block = strdup(SECRET);

    host_list_add(block);
    return block && pthread_setspecific(session, block) == 0 ? 0 : -1;
}

ENTRY(use_number)
{
    return pthread_setspecific(session, NUMBER) == 0 ? 0 : -1;
}

ENTRY(use_image)
{
    return pthread_setspecific(session, fixed) == 0 ? 0 : -1;
}

ENTRY(stop)
{
    return pthread_key_delete(session) == 0 ? 0 : -1;
}

ENTRY(stop_c11)
{
    tss_delete(session);
    session = 0;
    return 0;
}
