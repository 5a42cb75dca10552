// SPDX-License-Identifier: MIT
/* A library that waits for events on behalf of others: only the kernel has what it keeps. */
#include "watcher.h"
#include "support.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct watch {
    host_function *on_event;
};

int watcher_watch(int epoll, host_function *on_event)
{
    struct watch *watch = malloc(sizeof *watch);

    if (!watch)
        return -1;
    watch->on_event = on_event;
    return support_watch(epoll, watch);
}

int watcher_stop(int epoll, int file)
{
    struct epoll_event event = {0};

    if (eventfd_write(file, 1) != 0 || epoll_wait(epoll, &event, 1, 0) != 1)
        return -1;
    free(event.data.ptr);
    return close(file);
}
