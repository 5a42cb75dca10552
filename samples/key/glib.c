// SPDX-License-Identifier: MIT
/*
 * What it has: a GPrivate without a notify function. GLib makes a key for it, and there is no call
 * to delete it: each load of this plug-in takes another one. A GPrivate belongs into code that
 * stays.
 *
 * What dlpin says: key about this plug-in; GLib is the library that made it on the plug-in's
 * behalf.
 */
#include "plugin.h"

#include <glib.h>

static GPrivate counter;

ENTRY(start)
{
    g_private_set(&counter, NUMBER);
    return g_private_get(&counter) == NUMBER ? 0 : -1;
}

/* The right way with GLib: no key of one's own, but data of a thread that the plug-in itself runs.
 */
ENTRY(start_clean)
{
    return g_thread_self() ? 0 : -1;
}
