// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: what is left is freed when the plug-in goes. */
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

__attribute__((destructor)) static void free_other(void)
{
    free(other);
}
