// SPDX-License-Identifier: MIT
/*
 * What it has: GLib opened a descriptor for the plug-in, and stays: that of a context that the
 * plug-in made (start), that of a file (start_file).
 *
 * How it is done right: g_main_context_unref, close. And what GLib opens for its own use when the
 * plug-in happens to be the first caller (start_own) is GLib's, which keeps it in a variable.
 */
#include "plugin.h"

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>

static GMainContext *context;
static int number;

ENTRY(start)
{
    context = g_main_context_new();
    return context ? 0 : -1;
}

ENTRY(stop)
{
    g_main_context_unref(context);
    return 0;
}

ENTRY(start_file)
{
    number = g_open("/dev/null", O_RDONLY, 0);
    return number >= 0 ? 0 : -1;
}

ENTRY(start_own)
{
    return g_main_context_default() ? 0 : -1;
}
