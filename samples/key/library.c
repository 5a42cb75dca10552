// SPDX-License-Identifier: MIT
/*
 * What it has: another library made the key for this plug-in, into the plug-in's variable, and
 * stays. The key is the plug-in's to give back.
 *
 * What dlpin says: key about the plug-in, on whose behalf the library made it.
 *
 * How it is done right: stop() below. And a key that the library makes for its own use when the
 * plug-in happens to be the first caller (start_own) is the library's, and no finding.
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
