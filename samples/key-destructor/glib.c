// SPDX-License-Identifier: MIT
/*
 * Defect: a GPrivate with a notify function in the plug-in. GLib makes the key for it, and never
 * deletes it: a GPrivate must not lie in anything that is unloaded.
 *
 * Report: key-destructor about this plug-in. GLib's own keys, made on the same occasion, are no
 * finding: GLib stays.
 */
#include "plugin.h"

#include <glib.h>

static int ended;

static void glib_end(void *value)
{
    (void)value;
    ended++;
}

static GPrivate session = G_PRIVATE_INIT(glib_end);

ENTRY(start)
{
    g_private_set(&session, NUMBER);
    return g_private_get(&session) == NUMBER ? 0 : -1;
}

/* Lets GLib make a key of its own, and leaves nothing of the plug-in's. */
ENTRY(start_own)
{
    return g_thread_self() ? 0 : -1;
}
