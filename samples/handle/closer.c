// SPDX-License-Identifier: MIT
/* A library that the program is linked with, and that closes a module in its destructor. */
#include <dlfcn.h>
#include <stddef.h>

void closer_open(const char *module);

static void *handle;

void closer_open(const char *module)
{
    handle = dlopen(module, RTLD_NOW);
}

__attribute__((destructor)) static void end(void)
{
    if (handle)
        dlclose(handle);
}
