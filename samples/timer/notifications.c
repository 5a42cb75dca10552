// SPDX-License-Identifier: MIT
/*
 * Defect: notifications that come later than the unload: of a message queue whose descriptor the
 * host has, and of a name lookup that takes its time.
 *
 * Report: timer, dangling, error; of the queue, resolved when the host closes it.
 */
#include "host.h"
#include "plugin.h"

#include <fcntl.h>
#include <mqueue.h>
#include <netdb.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_int ticks;

static void tick(union sigval value)
{
    (void)value;
    ticks++;
}

static struct sigevent event_of_thread(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD};

    event.sigev_notify_function = tick;
    return event;
}

ENTRY(start_queue)
{
    struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 16};
    struct sigevent event = event_of_thread();
    char name[64];
    mqd_t queue;

    snprintf(name, sizeof name, "/samples-%d", (int)getpid());
    queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);
    if (queue == (mqd_t)-1)
        return -1;
    mq_unlink(name);
    host_take_descriptor((int)queue);
    return mq_notify(queue, &event) == 0 ? 0 : -1;
}

/* The resolver reads aliases from a file, and this one is a pipe without anything in it. */
ENTRY(start_lookup)
{
    static const char pipe_name[] = "aliases";
    static struct gaicb request = {.ar_name = "samples"};
    struct gaicb *list[] = {&request};
    struct sigevent event = event_of_thread();
    int error;

    if (mkfifo(pipe_name, 0600) != 0 || setenv("HOSTALIASES", pipe_name, 1) != 0)
        return -1;
    error = getaddrinfo_a(GAI_NOWAIT, list, 1, &event);
    host_await_others();
    unlink(pipe_name);
    return error == 0 && ticks == 0 ? 0 : -1;
}
