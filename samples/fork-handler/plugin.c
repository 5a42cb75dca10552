// SPDX-License-Identifier: MIT
/*
 * What it has: fork handlers in this plug-in, registered in the name of the program.
 *
 * What follows: the next fork() jumps to where they were.
 *
 * What dlpin says: fork-handler, dangling, error.
 *
 * How it is done right: tidy.c. With pthread_atfork() they belong to the plug-in, and go with it.
 */
#include "plugin.h"

#include <stddef.h>

/* What compilers make of pthread_atfork(): the last argument says whose handlers they are. */
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
