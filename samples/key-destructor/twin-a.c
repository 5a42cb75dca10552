// SPDX-License-Identifier: MIT
/*
 * Defect: as plugin.c. This is one of two plug-ins of the same size: when it is unloaded, twin-b.so
 * usually takes the very same addresses. The key then seems to have a destructor in twin-b.so.
 *
 * Report: key-destructor about this one, and nothing about twin-b.so, loaded or unloaded.
 */
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
    return pthread_key_create(&session, twin_end) == 0 ? 0 : -1;
}
