// SPDX-License-Identifier: MIT
/*
 * Defect: fork handlers in this plug-in, registered in the name of the program.
 *
 * Consequence: the next fork() jumps to where they were.
 *
 * Report: fork-handler, dangling, error.
 *
 * Fix: tidy.c. With pthread_atfork() they belong to the plug-in, and are removed with it.
 */
#include "plugin.h"

#include <stddef.h>

/* Compilers turn pthread_atfork() into this call. The last argument names the owner of the
 * handlers. */
int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
                      void *whose);

static int forks;

static void session_child(void)
{
    forks++;
}

ENTRY(start)
{
    return __register_atfork(NULL, NULL, session_child, NULL) == 0 ? 0 : -1;
}

static void session_prepare(void)
{
    forks++;
}

ENTRY(start_prepare)
{
    return __register_atfork(session_prepare, NULL, NULL, NULL) == 0 ? 0 : -1;
}
