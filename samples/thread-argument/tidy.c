// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: it waits for the thread that has its data, and frees the data only
 * then, before the unload. */
#include "plugin.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct job {
    sem_t stop;
    char text[100];
};

static struct job fixed;
static struct job *current;
static pthread_t thread;

static void *routine(void *argument)
{
    struct job *job = argument;

    while (sem_wait(&job->stop) != 0)
        ;
    return NULL;
}

static int serve(struct job *job)
{
    if (!job || sem_init(&job->stop, 0, 0) != 0)
        return -1;
    current = job;
    return pthread_create(&thread, NULL, routine, job) == 0 ? 0 : -1;
}

ENTRY(start_image)
{
    return serve(&fixed) == 0 ? 0 : -1;
}

ENTRY(start_malloc)
{
    return serve(malloc(sizeof(struct job))) == 0 ? 0 : -1;
}

__attribute__((destructor)) static void plugin_fini(void)
{
    if (!current)
        return;
    sem_post(&current->stop);
    pthread_join(thread, NULL);
    if (current != &fixed)
        free(current);
}
