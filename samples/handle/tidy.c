// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: what is opened is closed, by stop() or by the destructor. */
#include "plugin.h"

#include <dlfcn.h>
#include <stddef.h>

static void *handle;

ENTRY(start)
{
    handle = dlopen("./opened.so", RTLD_NOW);
    return handle ? 0 : -1;
}

/* The same handle twice, each given back. */
ENTRY(start_twice)
{
    void *again = dlopen("./opened.so", RTLD_NOW);

    handle = dlopen("./opened.so", RTLD_NOW);
    return handle && again && dlclose(again) == 0 ? 0 : -1;
}

/* A file that does not exist is not opened. */
ENTRY(start_failing)
{
    return dlopen("./nowhere.so", RTLD_NOW) ? -1 : 0;
}

ENTRY(stop)
{
    void *open = handle;

    handle = NULL;
    return dlclose(open) == 0 ? 0 : -1;
}

__attribute__((destructor)) static void end(void)
{
    if (handle)
        dlclose(handle);
}
