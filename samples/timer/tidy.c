// SPDX-License-Identifier: MIT
/*
 * The clean twin of plugin.c: the timer is deleted, and the queue closed, before the unload: by
 * stop(), or by the destructor. A lookup is waited for, in stop().
 */
#include "plugin.h"

#include <fcntl.h>
#include <mqueue.h>
#include <netdb.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const struct itimerspec in_an_hour = {.it_value = {3600, 0}};

static timer_t timer;
static bool has_timer;
static mqd_t queue = (mqd_t)-1;
static bool has_lookup;
static struct gaicb lookup = {.ar_name = "127.0.0.1"};
static sem_t ticks;
static pid_t ticker; /* the thread that was started last */

static void tick(union sigval value)
{
    (void)value;
    ticker = gettid();
    sem_post(&ticks);
}

ENTRY(start)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD};

    event.sigev_notify_function = tick;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
        return -1;
    has_timer = true;
    return timer_settime(timer, 0, &in_an_hour, NULL) == 0 ? 0 : -1;
}

/* A timer that sends a signal has no function. It is not deleted. */
ENTRY(start_signal)
{
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    timer_t other;

    if (timer_create(CLOCK_MONOTONIC, &event, &other) != 0)
        return -1;
    return timer_settime(other, 0, &in_an_hour, NULL) == 0 ? 0 : -1;
}

ENTRY(start_queue)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD};
    struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 16};
    char name[64];

    snprintf(name, sizeof name, "/samples-%d", (int)getpid());
    queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);
    if (queue == (mqd_t)-1)
        return -1;
    mq_unlink(name);
    event.sigev_notify_function = tick;
    return mq_notify(queue, &event) == 0 ? 0 : -1;
}

ENTRY(start_lookup)
{
    struct gaicb *list[] = {&lookup};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD};

    event.sigev_notify_function = tick;
    if (sem_init(&ticks, 0, 0) != 0 || getaddrinfo_a(GAI_NOWAIT, list, 1, &event) != 0)
        return -1;
    has_lookup = true;
    return 0;
}

/* Waits for the lookup, and until the notification has returned. */
static void end_lookup(void)
{
    const struct gaicb *list[] = {&lookup};

    while (gai_error(&lookup) == EAI_INPROGRESS)
        gai_suspend(list, 1, NULL);
    sem_wait(&ticks);
    while (tgkill(getpid(), ticker, 0) == 0)
        usleep(1000);
    freeaddrinfo(lookup.ar_result);
    has_lookup = false;
}

ENTRY(stop)
{
    if (has_lookup)
        end_lookup();
    if (has_timer && timer_delete(timer) != 0)
        return -1;
    has_timer = false;
    if (queue != (mqd_t)-1 && mq_notify(queue, NULL) != 0)
        return -1;
    return 0;
}

__attribute__((destructor)) static void end(void)
{
    if (has_timer)
        timer_delete(timer);
    if (queue != (mqd_t)-1)
        mq_close(queue);
}
