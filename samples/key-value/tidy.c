// SPDX-License-Identifier: MIT
/*
 * The clean twin of plugin.c: what a thread got from the plug-in is taken out again by that thread,
 * before the unload. (Nobody can do that for another thread.)
 */
#include "host.h"
#include "plugin.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

static char settings[] = "the plug-in's own settings";

ENTRY(use_image)
{
    return pthread_setspecific(host_key(), settings) == 0 ? 0 : -1;
}

ENTRY(use_image_c11)
{
    return tss_set(host_key(), settings) == thrd_success ? 0 : -1;
}

ENTRY(use_strdup)
{
    char *block = strdup(SECRET);

    return block && pthread_setspecific(host_key(), block) == 0 ? 0 : -1;
}

/* Called in each thread that used the plug-in, before it is unloaded. */
ENTRY(stop)
{
    void *value = pthread_getspecific(host_key());

    if (value != settings)
        free(value);
    return pthread_setspecific(host_key(), NULL) == 0 ? 0 : -1;
}

ENTRY(stop_c11)
{
    return tss_set(host_key(), NULL) == thrd_success ? 0 : -1;
}
