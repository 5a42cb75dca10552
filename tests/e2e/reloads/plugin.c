// SPDX-License-Identifier: MIT
/* A plug-in that leaves a key behind when it is told to. */
#include "plugin.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

static void end(void *value)
{
    free(value);
}

void plugin_leave(void)
{
    pthread_key_t key;

    pthread_key_create(&key, end);
}

void plugin_harmless(void)
{
}

void plugin_bring(const char *path)
{
    void *handle = dlopen(path, RTLD_NOW);
    plugin_call *leave = NULL;

    if (!handle)
        abort();
    *(void **)&leave = dlsym(handle, "plugin_leave");
    leave();
    dlclose(handle);
}
