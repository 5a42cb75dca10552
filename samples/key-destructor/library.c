// SPDX-License-Identifier: MIT
/*
 * Defect: another library makes the key for this plug-in, with the plug-in's destructor.
 *
 * Report: key-destructor about the plug-in, whose code it is. The library did nothing wrong. Where
 * the library itself makes a key for its own use and is loaded and unloaded with the plug-in
 * (start_own), the finding is about the library; where it stays, there is none.
 */
#include "plugin.h"
#include "support.h"

static pthread_key_t session;
static int ended;

static void session_end(void *value)
{
    (void)value;
    ended++;
}

ENTRY(start)
{
    return support_key_create(&session, session_end) == 0 ? 0 : -1;
}

ENTRY(start_own)
{
    return support_use_own_key() == 0 ? 0 : -1;
}

ENTRY(stop)
{
    return support_key_delete(session) == 0 ? 0 : -1;
}
