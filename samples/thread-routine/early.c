// SPDX-License-Identifier: MIT
/*
 * Defect: as plugin.c, but the constructor starts the thread, before dlopen() returns.
 *
 * Report: thread-routine, dangling, error. Fix: tidy.c.
 */
#include "host.h"

#include <pthread.h>
#include <stddef.h>

static pthread_t thread;

static void *early_routine(void *argument)
{
    (void)argument;
    host_park();
}

__attribute__((constructor)) static void early_init(void)
{
    if (pthread_create(&thread, NULL, early_routine, NULL) == 0)
        host_await();
}
