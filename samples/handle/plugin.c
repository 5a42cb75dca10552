// SPDX-License-Identifier: MIT
/*
 * What it has: a module that it opens and never closes.
 *
 * What follows: nobody can close that any more. Each load of this plug-in adds one to the handles
 * of it, and it stays mapped to the end.
 *
 * What dlpin says: handle, pinned, note, about this plug-in when it is unloaded; about the module
 * that was opened when the process ends and this plug-in is still there.
 *
 * How it is done right: tidy.c.
 */
#include "plugin.h"

#include <dlfcn.h>

static void *handle;

ENTRY(start)
{
    handle = dlopen("./opened.so", RTLD_NOW);
    return handle ? 0 : -1;
}
