// SPDX-License-Identifier: MIT
/*
 * What it has: a GPrivate without a notify function. GLib makes a key for it, and there is no call
 * to delete it: each load of this plug-in takes another one. A GPrivate belongs into code that
 * stays.
 *
 * What dlpin says: nothing for sure. To everybody else it looks like a key that GLib makes for
 * itself when the plug-in happens to be the first that needs it. With a notify function it is
 * found: see key-destructor/glib.c.
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
