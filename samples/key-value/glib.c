// SPDX-License-Identifier: MIT
/*
 * Defect: a block of g_malloc() or g_strdup() under the host's key.
 *
 * Report: key-value about this plug-in, for which GLib allocated it.
 */
#include "host.h"
#include "plugin.h"

#include <glib.h>

ENTRY(use_strdup)
{
    return pthread_setspecific(host_key(), g_strdup(SECRET)) == 0 ? 0 : -1;
}

ENTRY(use_malloc)
{
    return pthread_setspecific(host_key(), g_malloc0(100)) == 0 ? 0 : -1;
}

ENTRY(stop)
{
    g_free(pthread_getspecific(host_key()));
    return pthread_setspecific(host_key(), NULL) == 0 ? 0 : -1;
}
