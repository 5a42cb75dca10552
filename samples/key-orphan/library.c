// SPDX-License-Identifier: MIT
/*
 * Defect: as plugin.c, but another library makes and deletes the key for the plug-in.
 *
 * Report: key-orphan; the finding names the plug-in, on whose behalf the library acted.
 */
#include "plugin.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

static pthread_key_t session;

ENTRY(start)
{
    return support_key_create(&session, free) == 0 ? 0 : -1;
}

ENTRY(use)
{
    char *block = strdup(SECRET);

    return block && support_set(session, block) == 0 ? 0 : -1;
}

ENTRY(use_end)
{
    free(pthread_getspecific(session));
    return support_set(session, NULL) == 0 ? 0 : -1;
}

ENTRY(stop)
{
    return support_key_delete(session) == 0 ? 0 : -1;
}
