// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: the C library takes the handlers out when the plug-in is unloaded. */
#include "plugin.h"

#include <pthread.h>
#include <stdio.h>

static void session_prepare(void)
{
    puts("a fork begins");
}

ENTRY(start)
{
    return pthread_atfork(session_prepare, NULL, NULL) == 0 ? 0 : -1;
}
