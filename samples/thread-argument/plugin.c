// SPDX-License-Identifier: MIT
/*
 * Defect: a thread that runs code of the host, and was given something of this plug-in as its
 * argument: static data, or a heap block.
 *
 * Consequence: the thread reads its argument after the plug-in was unloaded. Static data is
 * unmapped then; a heap block is still there, and may hold pointers to unmapped memory.
 *
 * Report: thread-argument. In the image: dangling, error. A block: held, warning.
 *
 * Fix: tidy.c. (Where the routine lies in the plug-in as well, the thread is a thread-routine, and
 * its argument is not reported once more: start_own.)
 */
#include "host.h"
#include "plugin.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static char job[] = "a job of the plug-in";
static const char constant_job[] = "a constant job";

static int serve(void *argument)
{
    pthread_t thread;

    if (!argument || pthread_create(&thread, NULL, host_service, argument) != 0)
        return -1;
    host_await();
    return 0;
}

ENTRY(start_image)
{
    return serve(job) == 0 ? 0 : -1;
}

/* The argument is the host's own, and leads to what is the plug-in's. */
ENTRY(start_deep_image)
{
    return serve(host_box(2, job)) == 0 ? 0 : -1;
}

ENTRY(start_deep_block)
{
    return serve(host_box(1, strdup(SECRET))) == 0 ? 0 : -1;
}

ENTRY(start_constant)
{
    return serve((void *)(size_t)constant_job) == 0 ? 0 : -1;
}

ENTRY(start_malloc)
{
    char *block = malloc(sizeof SECRET);

    if (block)
        memcpy(block, SECRET, sizeof SECRET);
    return serve(block) == 0 ? 0 : -1;
}

ENTRY(start_strdup)
{
    return serve(strdup(SECRET)) == 0 ? 0 : -1;
}

/* No finding of this kind: the argument is the host's. */
ENTRY(start_host_block)
{
    return serve(host_copy(SECRET)) == 0 ? 0 : -1;
}

static void *routine(void *argument)
{
    (void)argument;
    host_park();
}

ENTRY(start_own)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, routine, job) != 0)
        return -1;
    host_await();
    return 0;
}
