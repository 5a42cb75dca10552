// SPDX-License-Identifier: MIT
/*
 * What it has: exit handlers in this plug-in that the C library does not take out when the plug-in
 * is unloaded: of on_exit(), and of __cxa_atexit() and __cxa_at_quick_exit() in the program's
 * name.
 *
 * What follows: when the process ends, it calls where the handler was.
 *
 * What dlpin says: exit-handler, dangling, error.
 *
 * How it is done right: tidy.c.
 */
#include "plugin.h"

#include <stdlib.h>

/* What compilers make of atexit() and at_quick_exit(): the last argument says whose handler it is,
 * NULL the program's.
 */
int __cxa_atexit(void (*handler)(void *), void *argument, void *whose);
int __cxa_at_quick_exit(void (*handler)(void *), void *whose);

static int ended;

static void session_exit(int status, void *argument)
{
    (void)status;
    (void)argument;
    ended++;
}

static void session_destroy(void *argument)
{
    (void)argument;
    ended++;
}

ENTRY(start)
{
    return on_exit(session_exit, NULL) == 0 ? 0 : -1;
}

ENTRY(start_quick)
{
    return __cxa_at_quick_exit(session_destroy, NULL) == 0 ? 0 : -1;
}

ENTRY(start_cxa)
{
    return __cxa_atexit(session_destroy, NULL, NULL) == 0 ? 0 : -1;
}
