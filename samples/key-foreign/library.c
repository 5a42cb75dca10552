// SPDX-License-Identifier: MIT
/*
 * Defect: stop() has another library delete a key that this plug-in never made.
 *
 * Report: key-foreign; the finding names the plug-in.
 *
 * No misuse: the library makes the key for the plug-in (start), and the plug-in deletes it itself
 * (stop_own); or the plug-in makes the key, and has the library delete it (start_self, stop).
 */
#include "plugin.h"
#include "support.h"

#include <stddef.h>

static pthread_key_t session;
static int deleted;

ENTRY(start)
{
    return support_key_create(&session, NULL) == 0 ? 0 : -1;
}

ENTRY(start_self)
{
    return pthread_key_create(&session, NULL) == 0 ? 0 : -1;
}

ENTRY(stop)
{
    deleted = support_key_delete(session) == 0;
    return 0;
}

ENTRY(stop_own)
{
    return pthread_key_delete(session) == 0 ? 0 : -1;
}
