// SPDX-License-Identifier: MIT
/*
 * Defect: another library made the key for this plug-in, into the plug-in's variable, and stays.
 * The plug-in must give the key back.
 *
 * Report: key about the plug-in, on whose behalf the library made it.
 *
 * Fix: stop() below. A key that the library makes for its own use when the plug-in is the first
 * caller (start_own) belongs to the library, and is no finding.
 */
#include "plugin.h"
#include "support.h"

static pthread_key_t counter;

ENTRY(start)
{
    return support_key_create(&counter, NULL) == 0 ? 0 : -1;
}

ENTRY(start_own)
{
    return support_use_own_key() == 0 ? 0 : -1;
}

ENTRY(stop)
{
    return support_key_delete(counter) == 0 ? 0 : -1;
}
