// SPDX-License-Identifier: MIT
/*
 * A library that opens itself and closes itself again, to find its own functions by name (libasound
 * does so for its plug-ins). Built twice: the library, and a plug-in that is linked with it.
 */
#include "plugin.h"

int open_itself(void);

#if defined NEEDS
ENTRY(open_needed)
{
    int result = open_itself();

    return result;
}
#else
#include <dlfcn.h>

int open_itself(void)
{
    Dl_info self;
    void *handle;

    if (!dladdr((void *)(unsigned long)open_itself, &self))
        return -1;
    handle = dlopen(self.dli_fname, RTLD_NOW);
    return handle ? dlclose(handle) : -1;
}
#endif
