// SPDX-License-Identifier: MIT
/*
 * A classic of the servlet container: a web application starts a thread, and nobody stops it when
 * the application is. Here: a plug-in's cleaner thread, which wakes up every minute.
 *
 * What dlpin says: thread-routine, dangling, error: in a minute the process is dead.
 *
 * How it is done right: tidy.c.
 */
#include "plugin.h"

#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>
#include <unistd.h>

static sem_t ready;
static int cleaned;

static void *cleaner(void *argument)
{
    sem_post(&ready);
    for (;;) {
        sleep(60);
        cleaned++;
    }
    return argument;
}

ENTRY(start)
{
    pthread_t thread;

    sem_init(&ready, 0, 0);
    if (pthread_create(&thread, NULL, cleaner, NULL) != 0)
        return -1;
    pthread_setname_np(thread, "cleaner");
    pthread_detach(thread);
    while (sem_wait(&ready) != 0)
        ;
    return 0;
}
