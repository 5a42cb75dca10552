// SPDX-License-Identifier: MIT
/*
 * Defect: another library starts the thread, with the plug-in's routine.
 *
 * Report: thread-routine about the plug-in, whose code the thread runs. Where the routine is the
 * library's own and the library is loaded and unloaded with the plug-in (start_serve), it is about
 * the library.
 */
#include "host.h"
#include "plugin.h"
#include "support.h"

#include <stddef.h>

static pthread_t thread;

static void *routine(void *argument)
{
    (void)argument;
    host_park();
}

ENTRY(start)
{
    if (support_thread(&thread, routine, NULL) != 0)
        return -1;
    host_await();
    return 0;
}

ENTRY(start_serve)
{
    return support_serve(NULL) == 0 ? 0 : -1;
}

ENTRY(stop_serve)
{
    return support_stop() == 0 ? 0 : -1;
}
