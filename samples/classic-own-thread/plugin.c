// SPDX-License-Identifier: MIT
/*
 * A classic of the servlet container: a web application starts a thread, and nobody stops it when
 * the application is stopped. Here: a plug-in's cleaner thread, which wakes up every minute.
 *
 * Report: thread-routine, dangling, error: the process dies within a minute.
 *
 * Fix: tidy.c.
 */
#include "host.h"
#include "plugin.h"

#include <pthread.h>
#include <stddef.h>

static int cleaned;

static void *cleaner(void *argument)
{
    for (;;) {
        host_sleep(60);
        cleaned++;
    }
    return argument;
}

ENTRY(start)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, cleaner, NULL) != 0)
        return -1;
    pthread_setname_np(thread, "cleaner");
    pthread_detach(thread);
    host_await();
    return 0;
}
