// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: the thread waits for its next round or for the end, and is joined. */
#include "plugin.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

static pthread_t thread;
static sem_t stopped;
static bool running;
static int cleaned;

static void *cleaner(void *argument)
{
    struct timespec next;

    for (;;) {
        clock_gettime(CLOCK_REALTIME, &next);
        next.tv_sec += 60;
        if (sem_timedwait(&stopped, &next) == 0)
            break;
        cleaned++;
    }
    return argument;
}

ENTRY(start)
{
    sem_init(&stopped, 0, 0);
    running = pthread_create(&thread, NULL, cleaner, NULL) == 0;
    return running ? 0 : -1;
}

__attribute__((destructor)) static void plugin_fini(void)
{
    if (!running)
        return;
    sem_post(&stopped);
    pthread_join(thread, NULL);
}
