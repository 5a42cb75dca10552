// SPDX-License-Identifier: MIT
/* A library that waits for events on behalf of others: only the kernel has what it keeps. */
#include "watcher.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct watch {
    int file;
    host_function *on_event;
};

int watcher_watch(int epoll, host_function *on_event)
{
    struct watch *watch = malloc(sizeof *watch);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = watch};

    *watch = (struct watch){eventfd(1, EFD_CLOEXEC), on_event};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, watch->file, &event) == 0 ? 0 : -1;
}

int watcher_stop(int epoll)
{
    struct epoll_event event = {0};

    if (epoll_wait(epoll, &event, 1, 0) != 1)
        return -1;
    struct watch *watch = event.data.ptr;
    close(watch->file);
    free(watch);
    return 0;
}
