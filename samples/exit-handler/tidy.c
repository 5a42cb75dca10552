// SPDX-License-Identifier: MIT
/*
 * The clean twin of plugin.c: atexit() in a plug-in belongs to the plug-in, and runs when it is
 * unloaded, and at_quick_exit() is taken out then; so does what compilers make of destructors, in
 * the plug-in's own name.
 */
#include "plugin.h"

#include <stdio.h>
#include <stdlib.h>

int __cxa_atexit(void (*handler)(void *), void *argument, void *whose);
extern void *__dso_handle;

static void session_exit(void)
{
    puts("the handler has run");
}

static void session_destroy(void *argument)
{
    puts(argument);
}

ENTRY(start)
{
    return atexit(session_exit) == 0 ? 0 : -1;
}

ENTRY(start_quick)
{
    return at_quick_exit(session_exit) == 0 ? 0 : -1;
}

ENTRY(start_cxa)
{
    static char text[] = "the object is destroyed";

    return __cxa_atexit(session_destroy, text, &__dso_handle) == 0 ? 0 : -1;
}
