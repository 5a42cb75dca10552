// SPDX-License-Identifier: MIT
/*
 * Defect: a request of asynchronous I/O that is in flight, with this plug-in's control block,
 * buffer or notification. What is read from is a channel of the host's, in which there is nothing.
 *
 * Consequence: when something comes, a thread of the C library reads it into the buffer, writes the
 * result into the control block, and calls the notification: all of it where the plug-in was.
 *
 * Report: async-io, dangling, error. When the request is over, and its control block is there to
 * say so, the finding is resolved.
 *
 * Fix: tidy.c.
 */
#include "host.h"
#include "plugin.h"

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 16, REQUESTS = 3 };

static struct aiocb control, controls[REQUESTS];
static char buffer[SIZE], buffers[REQUESTS][SIZE];
static struct aiocb *block;
static bool dies;

static void notify(union sigval value)
{
    (void)value;
}

static void ask_for_call(struct sigevent *event)
{
    event->sigev_notify = SIGEV_THREAD;
    event->sigev_notify_function = notify;
}

/* The thread of the C library that works on a request reads its control block when it begins. */
static int begun(int error)
{
    host_await_others();
    return error == 0 ? 0 : -1;
}

static int begin(struct aiocb *request, int file, char *to)
{
    *request = (struct aiocb){.aio_fildes = file,
                              .aio_buf = to,
                              .aio_nbytes = SIZE,
                              .aio_lio_opcode = LIO_READ,
                              .aio_sigevent.sigev_notify = SIGEV_NONE};
    return begun(aio_read(request));
}

ENTRY(start)
{
    int error = begin(&control, host_channel(), buffer);

    return error;
}

/* Only the buffer is the plug-in's. */
ENTRY(start_buffer)
{
    int error = begin(host_aiocb(), host_channel(), buffer);

    return error;
}

/* Only the notification is. */
ENTRY(start_notification)
{
    struct aiocb *request = host_aiocb();

    *request = (struct aiocb){
        .aio_fildes = host_channel(), .aio_buf = host_copy(SECRET), .aio_nbytes = SIZE};
    ask_for_call(&request->aio_sigevent);
    return begun(aio_read(request));
}

/* The control block is a block of the plug-in's, which it frees too early. */
ENTRY(start_block)
{
    block = malloc(sizeof *block);
    return block ? begin(block, host_channel(), host_copy(SECRET)) : -1;
}

ENTRY(free_block)
{
    free(block);
    return 0;
}

/* The kernel takes no more than fits into a full channel. */
ENTRY(start_write)
{
    control =
        (struct aiocb){.aio_fildes = host_full_channel(), .aio_buf = buffer, .aio_nbytes = SIZE};
    control.aio_sigevent.sigev_notify = SIGEV_NONE;
    return begun(aio_write(&control));
}

/* The request before it is about the same file, and comes first. */
ENTRY(start_sync)
{
    control = (struct aiocb){.aio_fildes = host_channel()};
    control.aio_sigevent.sigev_notify = SIGEV_NONE;
    if (begin(host_aiocb(), host_channel(), host_copy(SECRET)) != 0)
        return -1;
    return begun(aio_fsync(O_SYNC, &control));
}

static int start_several(struct sigevent *event)
{
    struct aiocb *list[REQUESTS + 1] = {NULL};

    for (int i = 0; i < REQUESTS; i++) {
        controls[i] = (struct aiocb){.aio_fildes = host_channel(),
                                     .aio_buf = buffers[i],
                                     .aio_nbytes = SIZE,
                                     .aio_lio_opcode = i == 1 ? LIO_NOP : LIO_READ};
        controls[i].aio_sigevent.sigev_notify = SIGEV_NONE;
        list[i] = &controls[i];
    }
    return begun(lio_listio(LIO_NOWAIT, list, REQUESTS + 1, event));
}

ENTRY(start_list)
{
    int error = start_several(NULL);

    return error;
}

/* A call when all of the list are over; the rest is the host's. */
ENTRY(start_list_notification)
{
    struct sigevent event = {0};
    struct aiocb *list[] = {host_aiocb()};

    *list[0] = (struct aiocb){.aio_fildes = host_channel(),
                              .aio_buf = host_copy(SECRET),
                              .aio_nbytes = SIZE,
                              .aio_lio_opcode = LIO_READ};
    list[0]->aio_sigevent.sigev_notify = SIGEV_NONE;
    ask_for_call(&event);
    return begun(lio_listio(LIO_NOWAIT, list, 1, &event));
}

/* No finding: they are over when this returns, though nobody asks for the result. */
ENTRY(start_and_wait)
{
    const struct aiocb *list[] = {&control};

    if (start() != 0 || host_feed_channel() != 0)
        return -1;
    while (aio_error(&control) == EINPROGRESS)
        aio_suspend(list, 1, NULL);
    return 0;
}

/* The same, and nobody asks for the state. The C library uses the control block as long as it works
 * on the request; then it takes the next one, which is the host's. */
ENTRY(start_and_look)
{
    if (start() != 0 || host_feed_channel() != 0)
        return -1;
    while (*(volatile int *)&control.__error_code == EINPROGRESS)
        usleep(1000);
    return begin(host_aiocb(), host_channel(), host_copy(SECRET));
}

/* No finding: the C library refuses it. */
ENTRY(start_nothing)
{
    struct aiocb *list[] = {&control};

    control = (struct aiocb){
        .aio_fildes = host_channel(), .aio_buf = buffer, .aio_nbytes = SIZE, .aio_reqprio = -1};
    control.aio_sigevent.sigev_notify = SIGEV_NONE;
    return aio_read(&control) != 0 && lio_listio(LIO_WAIT, list, 1, NULL) != 0 ? 0 : -1;
}

/* The process dies while the plug-in is unloaded. */
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
