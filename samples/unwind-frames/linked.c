// SPDX-License-Identifier: MIT
/*
 * A host that is linked with the unwinder, and so has it from the start: loads the plug-in that is
 * its argument, calls its start(), deregisters what tables() gives, if it has that, and unloads it.
 *
 *   linked ./plugin.so
 */
#include "unwinding.h"

#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    void *plugin = argc == 2 ? dlopen(argv[1], RTLD_LAZY) : NULL;
    int (*start)(void);
    void *(*tables)(void);

    if (!plugin)
        return 2;
    *(void **)&start = dlsym(plugin, "start");
    *(void **)&tables = dlsym(plugin, "tables_to_deregister");
    if (!start || start() != 0)
        return 1;
    if (tables)
        unwinding_deregister(tables());
    dlclose(plugin);
    printf("the plug-in is unloaded, the program goes on\n");
    return unwind() == 0 ? 0 : 1;
}
