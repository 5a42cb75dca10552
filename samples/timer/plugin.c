// SPDX-License-Identifier: MIT
/*
 * Defect: something that starts a thread later, with a function of this plug-in: a timer with
 * SIGEV_THREAD, a notification of a message queue, of a name lookup.
 *
 * Consequence: when the time has come, a thread starts at the address where the function was.
 *
 * Report: timer, dangling, error; for a timer that is not armed, lost, warning: it calls nothing,
 * but nobody can delete it any more.
 *
 * Fix: tidy.c.
 */
#include "plugin.h"

#include <fcntl.h>
#include <mqueue.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const struct itimerspec in_an_hour = {.it_value = {3600, 0}};
static const struct itimerspec at_once = {.it_value = {0, 1}};
static const struct itimerspec in_a_second = {.it_value = {1, 0}};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int ticks;
static pid_t ticker; /* the thread that was started last */
static timer_t timer;

static void tick(union sigval value)
{
    (void)value;
    pthread_mutex_lock(&lock);
    ticks++;
    ticker = gettid();
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static struct sigevent event_of_thread(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD};

    event.sigev_notify_function = tick;
    return event;
}

/* The timer's, with an argument that nobody would take for a pointer. */
static int make(clockid_t clock, const struct itimerspec *when)
{
    struct sigevent event = event_of_thread();

    if (timer_create(clock, &event, &timer) != 0)
        return -1;
    return !when || timer_settime(timer, 0, when, NULL) == 0 ? 0 : -1;
}

/* Waits until that thread has ended: until then it runs code of this plug-in. */
static void wait_for_tick(void)
{
    pthread_mutex_lock(&lock);
    while (ticks == 0)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    while (tgkill(getpid(), ticker, 0) == 0)
        usleep(1000);
}

ENTRY(start)
{
    int result = make(CLOCK_MONOTONIC, &in_an_hour);

    return result;
}

/* The timer expires when the process has used a second of CPU time; the plug-in is unloaded
 * then. */
ENTRY(start_soon)
{
    int result = make(CLOCK_PROCESS_CPUTIME_ID, &in_a_second);

    return result;
}

ENTRY(start_idle)
{
    int result = make(CLOCK_MONOTONIC, NULL);

    return result;
}

/* The timer has expired when this returns, and does not expire again. */
ENTRY(start_once)
{
    if (make(CLOCK_MONOTONIC, &at_once) != 0)
        return -1;
    wait_for_tick();
    return 0;
}

ENTRY(use_delete)
{
    return timer_delete(timer) == 0 ? 0 : -1;
}

/* The queue is open as long as the process lives, and has no name any more. */
static mqd_t queue = (mqd_t)-1;

static int make_queue(void)
{
    struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 16};
    char name[64];

    snprintf(name, sizeof name, "/samples-%d", (int)getpid());
    queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);
    if (queue == (mqd_t)-1)
        return -1;
    mq_unlink(name);
    return 0;
}

ENTRY(start_queue)
{
    struct sigevent event = event_of_thread();

    if (make_queue() != 0)
        return -1;
    return mq_notify(queue, &event) == 0 ? 0 : -1;
}

/* The notification is given when this returns: it is none any more. */
ENTRY(start_queue_once)
{
    struct sigevent event = event_of_thread();

    if (make_queue() != 0 || mq_notify(queue, &event) != 0)
        return -1;
    mq_send(queue, "hello", 5, 0);
    wait_for_tick();
    return 0;
}

/* A name that is no name needs no server, and is done when this returns. */
ENTRY(start_lookup_once)
{
    static struct gaicb request = {.ar_name = "127.0.0.1"};
    struct gaicb *list[] = {&request};
    struct sigevent event = event_of_thread();

    if (getaddrinfo_a(GAI_NOWAIT, list, 1, &event) != 0)
        return -1;
    wait_for_tick();
    return 0;
}

/* The process dies while the plug-in is unloaded. */
static bool dies;

ENTRY(die_at_close)
{
    dies = true;
    return 0;
}

__attribute__((destructor)) static void plugin_fini(void)
{
    if (dies)
        kill(getpid(), SIGKILL);
}
