// SPDX-License-Identifier: MIT
/*
 * Defect: a thread of the plug-in still runs when the plug-in is unloaded.
 *
 * Consequence: as soon as the thread stops waiting, it runs into unmapped memory.
 *
 * Report: thread-routine, dangling, error.
 *
 * Fix: tidy.c.
 *
 * The samples wait in the host (host_park), and the process ends while they do, so that it ends
 * without the crash. pthread_exit() and pthread_cancel() would not help after the unload: they
 * unwind the stack, and read unmapped code. See jump.c for threads that can end.
 */
#include "host.h"
#include "plugin.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <threads.h>

static pthread_t thread;
static thrd_t c11_thread;

static void *routine(void *argument)
{
    (void)argument;
    host_park();
}

static int c11_routine(void *argument)
{
    (void)argument;
    host_park();
}

/* On the heap, and never freed: a thread that waits for it touches nothing of the plug-in. */
struct rendezvous {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool there;
};

/* This one waits in the plug-in itself, for what never comes. */
static void *waiting_routine(void *argument)
{
    struct rendezvous *rendezvous = argument;

    pthread_mutex_lock(&rendezvous->lock);
    rendezvous->there = true;
    pthread_cond_broadcast(&rendezvous->changed);
    while (rendezvous->there)
        pthread_cond_wait(&rendezvous->changed, &rendezvous->lock);
    return NULL;
}

/* This thread ends at once; ARGUMENT says how. */
static void *short_routine(void *argument)
{
    if (argument)
        pthread_exit(NULL);
    return NULL;
}

static int start_thread(void *(*start_routine)(void *), void *argument)
{
    return pthread_create(&thread, NULL, start_routine, argument) == 0 ? 0 : -1;
}

ENTRY(start)
{
    if (start_thread(routine, NULL) != 0)
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

/* Nobody can join these: they are detached from here, by themselves, or from the start. */
ENTRY(start_and_detach)
{
    if (start_thread(routine, NULL) != 0 || pthread_detach(thread) != 0)
        return -1;
    host_await();
    return 0;
}

static void *detached_routine(void *argument)
{
    (void)argument;
    pthread_detach(pthread_self());
    host_park();
}

ENTRY(start_detaching)
{
    if (start_thread(detached_routine, NULL) != 0)
        return -1;
    host_await();
    return 0;
}

ENTRY(start_as_detached)
{
    pthread_attr_t attributes;

    if (pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) != 0 ||
        pthread_create(&thread, &attributes, routine, NULL) != 0)
        return -1;
    host_await();
    return 0;
}

ENTRY(start_c11_and_detach)
{
    if (thrd_create(&c11_thread, c11_routine, NULL) != thrd_success ||
        thrd_detach(c11_thread) != thrd_success)
        return -1;
    host_await();
    return 0;
}

/* The one that has ended was detached, and the other one, which perhaps is where it was, is not. */
ENTRY(start_after_another)
{
    if (start_thread(short_routine, NULL) != 0 || pthread_detach(thread) != 0 ||
        start_thread(routine, NULL) != 0)
        return -1;
    host_await();
    return 0;
}

/* Returns when the new thread waits: only then it has given the lock back. */
static int start_waiting_thread(void)
{
    struct rendezvous *rendezvous = calloc(1, sizeof *rendezvous);

    if (!rendezvous)
        return -1;
    pthread_mutex_init(&rendezvous->lock, NULL);
    pthread_cond_init(&rendezvous->changed, NULL);
    pthread_mutex_lock(&rendezvous->lock);
    if (start_thread(waiting_routine, rendezvous) != 0)
        return -1;
    while (!rendezvous->there)
        pthread_cond_wait(&rendezvous->changed, &rendezvous->lock);
    pthread_mutex_unlock(&rendezvous->lock);
    return 0;
}

ENTRY(start_waiting)
{
    return start_waiting_thread() == 0 ? 0 : -1;
}

/* Two threads from one line. */
ENTRY(start_two)
{
    for (volatile int i = 0; i < 2; i++) { /* volatile: one call, also where loops are unrolled */
        if (start_thread(routine, NULL) != 0)
            return -1;
        host_await();
    }
    return 0;
}

/* No defect: the threads have ended, and are joined, before the unload. */
ENTRY(start_short)
{
    for (int i = 0; i < 2; i++)
        if (start_thread(short_routine, i ? &thread : NULL) != 0 || pthread_join(thread, NULL) != 0)
            return -1;
    return 0;
}

/* Nobody can join a detached thread; the host waits until it has ended. */
ENTRY(start_detached)
{
    return start_thread(short_routine, NULL) == 0 && pthread_detach(thread) == 0 ? 0 : -1;
}

ENTRY(start_cancelled)
{
    if (start_waiting_thread() != 0)
        return -1;
    return pthread_cancel(thread) == 0 && pthread_join(thread, NULL) == 0 ? 0 : -1;
}
