// SPDX-License-Identifier: MIT
/*
 * Defect: as plugin.c, but the start routine does its work by a jump into the host (it is compiled
 * with -O2): no return address on the thread's stack leads to the plug-in. So this thread can end
 * after the unload, without a crash.
 *
 * Report: thread-routine, as for plugin.c: dlpin cannot know that the thread will not return. When
 * the thread has ended, the finding is resolved.
 */
#include "host.h"
#include "plugin.h"

#include <pthread.h>
#include <threads.h>

static pthread_t thread;
static thrd_t c11_thread;

static void *routine(void *argument)
{
    return host_service(argument);
}

static int c11_routine(void *argument)
{
    return host_service_c11(argument);
}

ENTRY(start)
{
    if (pthread_create(&thread, NULL, routine, NULL) != 0)
        return -1;
    host_await();
    return 0;
}

ENTRY(start_c11)
{
    if (thrd_create(&c11_thread, c11_routine, NULL) != thrd_success)
        return -1;
    host_await();
    return 0;
}
