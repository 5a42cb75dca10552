// SPDX-License-Identifier: MIT
/*
 * Defect: variables that threads of the host wait for, or read into: a semaphore, a mutex, a
 * condition variable, a buffer. The plug-in is unloaded while they wait.
 *
 * Consequence: a thread that waits for a semaphore, a mutex or a condition variable touches it when
 * it wakes, and the process dies. A call with a buffer fails, or the kernel writes over another
 * mapping at this address.
 *
 * Report: thread-blocked, dangling, error; warning for a buffer. When the thread stops waiting
 * there, the finding is resolved.
 *
 * Fix: tidy.c.
 */
#include "host.h"
#include "plugin.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>

sem_t semaphore; /* all 0 is one that nobody has posted */
pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
char buffer[64];
struct pollfd file;
struct epoll_event event;

/* The calling thread has the mutex from now on. */
ENTRY(take)
{
    int error = pthread_mutex_lock(&lock);

    return error;
}

/* A thread in here has its return address in the plug-in, too: then that is reported. */
ENTRY(wait_here)
{
    host_arrive();
    while (sem_wait(&semaphore) != 0)
        ;
    return 0;
}

static void *routine(void *argument)
{
    wait_here();
    return argument;
}

/* Until the thread waits, it runs code of the plug-in, which must be there. */
ENTRY(start_thread)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, routine, NULL);

    if (error == 0) {
        host_await();
        host_await_others();
    }
    return error;
}
