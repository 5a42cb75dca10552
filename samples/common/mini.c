// SPDX-License-Identifier: MIT
/*
 * The smallest host: loads the plug-in that is its argument, calls its start(), unloads it, and
 * runs on.
 *
 *   mini ./plugin.so
 */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    void *plugin = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
    int (*start)(void);

    if (!plugin) {
        printf("mini: %s\n", argc == 2 ? dlerror() : "usage: mini PLUGIN");
        return 2;
    }
    *(void **)&start = dlsym(plugin, "start");
    if (!start || start() != 0) {
        printf("mini: cannot start it\n");
        return 1;
    }
    dlclose(plugin);
    printf("the plug-in is unloaded, the program goes on\n");
    return 0;
}
