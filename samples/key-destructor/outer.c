// SPDX-License-Identifier: MIT
/*
 * What it has: it loads another plug-in, which it finds beside itself, and unloads it in its own
 * destructor. That inner dlclose() returns before anything is unmapped; both go when the outer one
 * is over.
 *
 * What dlpin says: what early.so leaves is found as ever, and nothing is said about outer.so.
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
