// SPDX-License-Identifier: MIT
/*
 * Opens three modules. Its own destructor closes the first, that of a library closes the second,
 * and nobody closes the third.
 */
#include <dlfcn.h>
#include <stddef.h>

void closer_open(const char *module);

static void *handle;

int main(void)
{
    handle = dlopen("./plugin.so", RTLD_NOW);
    closer_open("./tidy.so");
    return handle && dlopen("./opened.so", RTLD_NOW) ? 0 : 1;
}

__attribute__((destructor)) static void end(void)
{
    if (handle)
        dlclose(handle);
}
