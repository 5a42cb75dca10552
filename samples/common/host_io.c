// SPDX-License-Identifier: MIT
/* The host's part in asynchronous I/O: files on which requests wait, and a control block. */
#include "host.h"
#include "steps.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { IN, OUT };

static int channel[2] = {-1, -1}, full[2] = {-1, -1};
static struct aiocb control;

static int open_pipe(int ends[2], int end)
{
    if (ends[end] < 0 && pipe(ends) != 0)
        die("pipe", strerror(errno));
    return ends[end];
}

int host_channel(void)
{
    return open_pipe(channel, IN);
}

int host_feed_channel(void)
{
    static const char food[4096];

    return write(open_pipe(channel, OUT), food, sizeof food) == (ssize_t)sizeof food ? 0 : -1;
}

int host_full_channel(void)
{
    static const char food[4096];
    int file = open_pipe(full, OUT);

    fcntl(file, F_SETFL, O_NONBLOCK);
    while (write(file, food, sizeof food) > 0)
        ;
    fcntl(file, F_SETFL, 0);
    return file;
}

struct aiocb *host_aiocb(void)
{
    return &control;
}

void step_feed(char **arg)
{
    const struct aiocb *list[] = {&control};

    (void)arg;
    if (host_feed_channel() != 0)
        die("feed", strerror(errno));
    while (aio_error(&control) == EINPROGRESS)
        aio_suspend(list, 1, NULL);
    control = (struct aiocb){0};
}
