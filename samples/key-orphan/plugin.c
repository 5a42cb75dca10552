// SPDX-License-Identifier: MIT
/*
 * Defect: the plug-in deletes its key when it is stopped, as it should, but threads still have
 * values for it. Deleting a key calls no destructor: their blocks are lost.
 *
 * Report: key-orphan, lost, warning; with the threads.
 *
 * Fix: tidy.c.
 */
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
