// SPDX-License-Identifier: MIT
/*
 * Defect: GLib opened a descriptor for the plug-in, and stays: that of a context that the plug-in
 * made (start), that of a file (start_file).
 *
 * Report: descriptor, lost, warning. A descriptor that GLib opens for itself because the plug-in is
 * the first to need it (start_own) is GLib's, which keeps it in a variable: no finding.
 *
 * Fix: g_main_context_unref, close.
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
