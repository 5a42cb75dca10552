// SPDX-License-Identifier: MIT
/*
 * Defect: this plug-in loads another one, which lies beside it, and unloads it in its own
 * destructor. That inner dlclose() returns before anything is unmapped; both are unmapped when the
 * outer dlclose() ends.
 *
 * Report: key-destructor about early.so, and nothing about outer.so.
 */
#include "plugin.h"

#include <dlfcn.h>
#include <stddef.h>

static void *inner;

static int open_inner(const char *name)
{
    inner = dlopen(name, RTLD_NOW);
    return inner ? 0 : -1;
}

ENTRY(start)
{
    return open_inner("early.so") == 0 ? 0 : -1;
}

ENTRY(start_clean)
{
    return open_inner("early-tidy.so") == 0 ? 0 : -1;
}

__attribute__((destructor)) static void outer_fini(void)
{
    if (inner)
        dlclose(inner);
    inner = NULL;
}
