// SPDX-License-Identifier: MIT
/* A plug-in that makes and leaves nothing, of the same size as twin-a.so: see there. */
#include "plugin.h"

#include <pthread.h>

static pthread_key_t session;
static char room[1 << 20];

static void twin_end(void *value)
{
    (void)value;
    room[0]++;
}

ENTRY(start)
{
    if (pthread_key_create(&session, twin_end) != 0)
        return -1;
    return pthread_key_delete(session) == 0 ? 0 : -1;
}
