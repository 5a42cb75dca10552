// SPDX-License-Identifier: MIT
/*
 * The clean twin of plugin.c: the plug-in counts who is inside, and its ELF destructor waits until
 * everybody has left, after it has woken those who wait.
 *
 * (To count in the host, before it calls, is better: here a thread that has just counted itself out
 * is still on its last instructions in the plug-in when the count is 0.)
 */
#include "host.h"
#include "plugin.h"

#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int inside;
static pid_t last; /* the thread that came in last */
static bool stopping;

static int wait_here(void)
{
    host_resume();
    host_pause(); /* it tells that we are here */
    pthread_mutex_lock(&lock);
    inside++;
    last = gettid();
    while (!stopping)
        pthread_cond_wait(&changed, &lock);
    inside--;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    return 0;
}

ENTRY(wait_in_host)
{
    return wait_here();
}

__attribute__((destructor)) static void plugin_fini(void)
{
    pthread_mutex_lock(&lock);
    stopping = true;
    pthread_cond_broadcast(&changed);
    while (inside > 0)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    if (last)
        host_await_blocked(last, NULL); /* in the host again */
}
