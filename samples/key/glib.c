// SPDX-License-Identifier: MIT
/*
 * Defect: a GPrivate without a notify function. GLib makes a key for it, and there is no call to
 * delete it: each load of this plug-in takes another one. A GPrivate belongs into code that stays.
 *
 * Report: none with certainty. The key looks like one that GLib makes for itself when the plug-in
 * is the first to need it. With a notify function dlpin finds it: see key-destructor/glib.c.
 */
#include "plugin.h"

#include <glib.h>

static GPrivate counter;

ENTRY(start)
{
    g_private_set(&counter, NUMBER);
    return g_private_get(&counter) == NUMBER ? 0 : -1;
}

/* The correct use of GLib: no key, but data of a thread that the plug-in itself runs. */
ENTRY(start_clean)
{
    return g_thread_self() ? 0 : -1;
}
