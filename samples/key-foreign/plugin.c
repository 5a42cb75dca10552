// SPDX-License-Identifier: MIT
/*
 * What it has: the plug-in deletes a key that is not its own. The classic: a static key that was
 * never created has the number 0, and is deleted all the same. Key 0 belongs to whoever came first.
 *
 * What follows: where nobody has key 0, nothing. Else the values of another module are gone, or its
 * next key gets the same number.
 *
 * What dlpin says: key-foreign, misuse, warning; error where the key's owner uses it afterwards.
 *
 * How it is done right: tidy.c.
 */
#include "host.h"
#include "plugin.h"

#include <pthread.h>
#include <stdbool.h>
#include <threads.h>

static pthread_key_t session;
static bool used;

ENTRY(start)
{
    return pthread_key_create(&session, NULL) == 0 ? 0 : -1;
}

/* Whether the key was live or not: this code never looks, as the real ones. */
ENTRY(stop)
{
    used = pthread_key_delete(session) == 0;
    return 0;
}

ENTRY(stop_c11)
{
    tss_delete(session);
    used = false;
    return 0;
}

/* Deletes what the host only lent. */
ENTRY(stop_host)
{
    used = pthread_key_delete(host_key()) == 0;
    return used ? 0 : -1;
}
