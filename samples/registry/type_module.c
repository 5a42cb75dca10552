// SPDX-License-Identifier: MIT
/*
 * Types of a plug-in that GObject loads and unloads (GTypeModule). Built twice: the plug-in, which
 * registers its type each time that it is loaded, and a module that stays, with a GTypeModule for
 * it. GObject keeps what was registered, and has the plug-in loaded before it reads that. It is a
 * defect to close the plug-in while GObject has a class of it.
 */
#include <glib-object.h>

#if defined PLUGIN
GType typed_register(GTypeModule *module);

static void begin_class(gpointer class, gpointer data)
{
    (void)class;
    (void)data;
}

static void begin(GTypeInstance *instance, gpointer class)
{
    (void)instance;
    (void)class;
}

GType typed_register(GTypeModule *module)
{
    const GTypeInfo info = {
        .class_size = sizeof(GObjectClass),
        .class_init = begin_class,
        .instance_size = sizeof(GObject),
        .instance_init = begin,
    };
    GType type = g_type_module_register_type(module, G_TYPE_OBJECT, "SampleTyped", &info, 0);

    return type;
}
#else
#include "plugin.h"

#include <dlfcn.h>

static GTypeModule *module;
static GType type;
static void *handle;

static gboolean load(GTypeModule *self)
{
    GType (*typed_register)(GTypeModule *);

    handle = dlopen("./typed.so", RTLD_NOW);
    if (!handle)
        return FALSE;
    *(void **)&typed_register = dlsym(handle, "typed_register");
    type = typed_register(self);
    return TRUE;
}

static void unload(GTypeModule *self)
{
    (void)self;
    if (handle)
        dlclose(handle);
    handle = NULL;
}

static void begin_loader_class(gpointer class, gpointer data)
{
    (void)data;
    ((GTypeModuleClass *)class)->load = load;
    ((GTypeModuleClass *)class)->unload = unload;
}

ENTRY(use)
{
    if (!module) {
        GType loader = g_type_register_static_simple(G_TYPE_TYPE_MODULE, "SampleLoader",
                                                     sizeof(GTypeModuleClass), begin_loader_class,
                                                     sizeof(GTypeModule), NULL, 0);
        module = g_object_new(loader, NULL);
    }
    return g_type_module_use(module) ? 0 : -1;
}

ENTRY(make_class)
{
    gpointer class = g_type_class_ref(type);

    return class ? 0 : -1;
}

ENTRY(unuse)
{
    g_type_module_unuse(module);
    return 0;
}

/* Behind GObject's back. */
ENTRY(close_used)
{
    unload(module);
    return 0;
}
#endif
