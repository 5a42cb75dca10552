// SPDX-License-Identifier: MIT
/*
 * The clean twin of plugin.c: it cancels what can be cancelled, and waits for the rest, before the
 * unload: in stop(), or in its destructor.
 */
#include "host.h"
#include "plugin.h"

#include <aio.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

enum { SIZE = 16, REQUESTS = 3 };

static struct aiocb controls[REQUESTS];
static char buffers[REQUESTS][SIZE];
static int count;

/* The first is being worked on, the others wait for their turn. */
static int start_some(int number)
{
    struct aiocb *list[REQUESTS];

    for (count = 0; count < number; count++) {
        controls[count] = (struct aiocb){.aio_fildes = host_channel(),
                                         .aio_buf = buffers[count],
                                         .aio_nbytes = SIZE,
                                         .aio_lio_opcode = LIO_READ};
        controls[count].aio_sigevent.sigev_notify = SIGEV_NONE;
        list[count] = &controls[count];
    }
    return lio_listio(LIO_NOWAIT, list, number, NULL) == 0 ? 0 : -1;
}

ENTRY(start)
{
    int error = start_some(1);

    return error;
}

ENTRY(start_list)
{
    int error = start_some(REQUESTS);

    return error;
}

/* Requests that nobody works on yet are cancelled; the first needs something to read. */
static int wait_for_all(void)
{
    aio_cancel(host_channel(), NULL);
    if (count > 0 && host_feed_channel() != 0)
        return -1;
    for (; count > 0; count--) {
        const struct aiocb *list[] = {&controls[count - 1]};
        while (aio_error(list[0]) == EINPROGRESS)
            aio_suspend(list, 1, NULL);
        aio_return(&controls[count - 1]);
    }
    return 0;
}

ENTRY(stop)
{
    int error = wait_for_all();

    return error;
}

__attribute__((destructor)) static void tidy_fini(void)
{
    wait_for_all();
}
