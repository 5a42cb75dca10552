// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: it frees its blocks before the unload. */
#include "host.h"
#include "plugin.h"

#include <stdlib.h>
#include <string.h>

static char *text, *other;

static void free_text(void)
{
    free(text);
}

/* A plug-in's atexit functions run when it is unloaded. */
ENTRY(use_strdup)
{
    text = strdup(SECRET);
    other = malloc(100);
    return text && other && atexit(free_text) == 0 ? 0 : -1;
}

static _Thread_local char *text_of_thread;

ENTRY(use_thread_local)
{
    text_of_thread = strdup(SECRET);
    return text_of_thread ? 0 : -1;
}

/* In the thread whose variable it is. */
ENTRY(stop)
{
    free(text_of_thread);
    return 0;
}

__attribute__((destructor)) static void free_other(void)
{
    free(other);
}
