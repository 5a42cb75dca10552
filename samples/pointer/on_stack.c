// SPDX-License-Identifier: MIT
/*
 * Built three times: a host that has a word of an object on its stack when it unloads the plug-in;
 * the plug-in; and a library that comes with the plug-in and makes such objects.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct object {
    void (*use)(void);
};

#if defined LIBRARY || defined PLUGIN
static void use(void)
{
}

static struct object *make(void)
{
    struct object *object = malloc(sizeof *object);

    if (!object)
        abort();
    object->use = use;
    return object;
}
#endif

struct object *library_make(void);
struct object *plugin_make(int by_library);

#if defined LIBRARY
struct object *library_make(void)
{
    return make();
}
#elif defined PLUGIN
/* By itself for the host, or by the library for itself. */
struct object *plugin_make(int by_library)
{
    struct object *object = by_library ? library_make() : make();

    __asm__ volatile("" ::: "memory"); /* no jump */
    return object;
}
#else
#include <dlfcn.h>

int main(int argc, char **argv)
{
    void *plugin = dlopen("./on_stack_plugin.so", RTLD_NOW);
    struct object *volatile object;
    struct object *(*make)(int);

    if (!plugin || argc < 2) {
        printf("on_stack: %s\n", plugin ? "how?" : dlerror());
        return 1;
    }
    *(void **)&make = dlsym(plugin, "plugin_make");
    object = make(strcmp(argv[1], "by-library") == 0);
    dlclose(plugin);
    return object == NULL;
}
#endif
