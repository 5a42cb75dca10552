// SPDX-License-Identifier: MIT
/*
 * The clean twin of plugin.c: the plug-in tells its thread to stop and joins it, at the latest in
 * its ELF destructor. To detach it, or to let it "end soon", is not enough.
 */
#include "plugin.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <threads.h>

static pthread_t thread;
static thrd_t c11_thread;
static sem_t ready, stopped;
static bool running, c11_running;

static void *routine(void *argument)
{
    (void)argument;
    sem_post(&ready);
    while (sem_wait(&stopped) != 0)
        ;
    return NULL;
}

static int c11_routine(void *argument)
{
    routine(argument);
    return 0;
}

static void prepare(void)
{
    sem_init(&ready, 0, 0);
    sem_init(&stopped, 0, 0);
}

static void await_thread(void)
{
    while (sem_wait(&ready) != 0)
        ;
}

ENTRY(start)
{
    prepare();
    running = pthread_create(&thread, NULL, routine, NULL) == 0;
    if (running)
        await_thread();
    return running ? 0 : -1;
}

ENTRY(start_c11)
{
    prepare();
    c11_running = thrd_create(&c11_thread, c11_routine, NULL) == thrd_success;
    if (c11_running)
        await_thread();
    return c11_running ? 0 : -1;
}

static void stop_threads(void)
{
    sem_post(&stopped);
    if (running)
        pthread_join(thread, NULL);
    if (c11_running)
        thrd_join(c11_thread, NULL);
    running = c11_running = false;
}

ENTRY(stop)
{
    stop_threads();
    return 0;
}

__attribute__((destructor)) static void plugin_fini(void)
{
    stop_threads();
}
