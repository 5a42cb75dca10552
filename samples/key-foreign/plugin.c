// SPDX-License-Identifier: MIT
/*
 * Defect: the plug-in deletes a key that is not its own. The classic: a static key that was never
 * created has the number 0, and is deleted all the same. Key 0 belongs to whoever came first.
 *
 * Consequence: none where nobody has key 0. Else the values of another module are lost, or its next
 * key gets the same number.
 *
 * Report: key-foreign, misuse, warning; error where the key's owner uses it afterwards.
 *
 * Fix: tidy.c.
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

/* Like real code with this defect, this code never checks that the key is live. */
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
