// SPDX-License-Identifier: MIT
/* Entries in GLib's registries, which dlpin knows: types, log handlers, quarks, sources of the main
 * loop. GLib is never unmapped. */
#include "plugin.h"

#include <glib-object.h>

static void take_log(const gchar *domain, GLogLevelFlags level, const gchar *text, gpointer data)
{
    (void)domain;
    (void)level;
    (void)text;
    (void)data;
}

static gboolean tick(gpointer data)
{
    (void)data;
    return TRUE;
}

static void begin_class(gpointer class, gpointer data)
{
    (void)class;
    (void)data;
}

static guint handler, source;

/* Two hundred, as a library of types has them. */
ENTRY(add_types)
{
    const GTypeInfo info = {
        .class_size = sizeof(GObjectClass),
        .class_init = begin_class,
        .instance_size = sizeof(GObject),
    };

    for (int i = 0; i < 200; i++) {
        gchar name[32];

        g_snprintf(name, sizeof name, "SampleType%d", i);
        if (!g_type_register_static(G_TYPE_OBJECT, name, &info, 0))
            return -1;
    }
    return 0;
}

ENTRY(set_default_handler)
{
    g_log_set_default_handler(take_log, NULL);
    return 0;
}

ENTRY(restore_default_handler)
{
    g_log_set_default_handler(g_log_default_handler, NULL);
    return 0;
}

ENTRY(set_handler)
{
    handler = g_log_set_handler("sample", G_LOG_LEVEL_MASK, take_log, NULL);
    return 0;
}

ENTRY(remove_handler)
{
    g_log_remove_handler("sample", handler);
    return 0;
}

ENTRY(add_quark)
{
    return g_quark_from_static_string("sample-quark-of-the-plug-in") ? 0 : -1;
}

ENTRY(add_quark_of_copy)
{
    return g_quark_from_string("sample-quark-that-is-copied") ? 0 : -1;
}

ENTRY(add_source)
{
    source = g_timeout_add_seconds(3600, tick, NULL);
    return 0;
}

ENTRY(remove_source)
{
    return g_source_remove(source) ? 0 : -1;
}
