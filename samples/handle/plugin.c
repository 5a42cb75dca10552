// SPDX-License-Identifier: MIT
/*
 * Defect: a module that it opens and never closes.
 *
 * Consequence: nobody can close that module any more. Each load of this plug-in adds one handle of
 * it, and it stays mapped until the process ends.
 *
 * Report: handle, pinned, note, about this plug-in when it is unloaded; about the module that was
 * opened when the process ends and this plug-in is still there.
 *
 * Fix: tidy.c.
 */
#include "plugin.h"

#include <dlfcn.h>

static void *handle;

ENTRY(start)
{
    handle = dlopen("./opened.so", RTLD_NOW);
    return handle ? 0 : -1;
}
