// SPDX-License-Identifier: MIT
/*
 * Defect: a timer, or the notification of a message queue, sends a signal with the address of
 * memory of this plug-in. The signal's handler is the host's.
 *
 * Consequence: only the kernel has the address, and gives it to the handler with each signal; a
 * handler that uses it reads unmapped memory.
 *
 * Report: timer, dangling, warning; lost, warning where the timer is not armed.
 *
 * Fix: the entry point stop, which deletes the timer.
 */
#include "plugin.h"

#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const struct itimerspec in_an_hour = {.it_value = {3600, 0}};

static int state;
static timer_t timer;
static void *block;

static int make(const struct sigevent *event, const struct itimerspec *when)
{
    struct sigevent copy = *event;

    if (timer_create(CLOCK_MONOTONIC, &copy, &timer) != 0)
        return -1;
    return !when || timer_settime(timer, 0, when, NULL) == 0 ? 0 : -1;
}

static struct sigevent event_of(int notify)
{
    struct sigevent event = {.sigev_notify = notify, .sigev_signo = SIGUSR1};

    event.sigev_value.sival_ptr = &state;
    return event;
}

ENTRY(start)
{
    struct sigevent event = event_of(SIGEV_SIGNAL);
    int result = make(&event, &in_an_hour);

    return result;
}

ENTRY(start_for_thread)
{
    struct sigevent event = event_of(SIGEV_THREAD_ID);

    event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    int result = make(&event, &in_an_hour);

    return result;
}

ENTRY(start_idle)
{
    struct sigevent event = event_of(SIGEV_SIGNAL);
    int result = make(&event, NULL);

    return result;
}

/* No finding: nobody is told anything, or a number. */
ENTRY(start_silent)
{
    struct sigevent event = event_of(SIGEV_NONE);
    int result = make(&event, &in_an_hour);

    return result;
}

ENTRY(start_with_number)
{
    struct sigevent event = event_of(SIGEV_SIGNAL);

    event.sigev_value.sival_ptr = NULL;
    event.sigev_value.sival_int = 42;
    int result = make(&event, &in_an_hour);

    return result;
}

ENTRY(start_with_block)
{
    struct sigevent event = event_of(SIGEV_SIGNAL);

    block = malloc(64);
    event.sigev_value.sival_ptr = block;
    int result = make(&event, &in_an_hour);

    block = NULL;
    return result;
}

ENTRY(start_with_freed_block)
{
    struct sigevent event = event_of(SIGEV_SIGNAL);

    block = malloc(64);
    event.sigev_value.sival_ptr = block;
    int result = make(&event, &in_an_hour);

    free(block);
    return result;
}

ENTRY(stop)
{
    return timer_delete(timer) == 0 ? 0 : -1;
}

/* The queue has no name any more: it is there as long as its descriptor. */
ENTRY(start_queue)
{
    struct sigevent event = event_of(SIGEV_SIGNAL);
    struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 1};
    char name[64];

    snprintf(name, sizeof name, "/dlpin-signals-%d", (int)getpid());
    mqd_t queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);

    mq_unlink(name);
    return queue != (mqd_t)-1 && mq_notify(queue, &event) == 0 ? 0 : -1;
}
