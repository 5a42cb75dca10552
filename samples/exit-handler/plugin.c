// SPDX-License-Identifier: MIT
/*
 * Defect: exit handlers in this plug-in that the C library does not remove when the plug-in is
 * unloaded: of on_exit(), and of __cxa_atexit() and __cxa_at_quick_exit() in the program's name.
 *
 * Consequence: when the process ends, it calls the address where the handler was.
 *
 * Report: exit-handler, dangling, error.
 *
 * Fix: tidy.c.
 */
#include "plugin.h"

#include <stdlib.h>

/* Compilers turn atexit() and at_quick_exit() into these calls. The last argument names the owner
 * of the handler; NULL is the program. */
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
