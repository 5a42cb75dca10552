// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: it removes its entry, or closes the file, before the unload. */
#include "host.h"
#include "plugin.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct source {
    host_function *on_event;
};

static int on_event(void)
{
    return 0;
}

static struct source source = {on_event};
static int file = -1;

ENTRY(start)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &source};

    file = eventfd(0, EFD_CLOEXEC);
    return epoll_ctl(host_epoll(), EPOLL_CTL_ADD, file, &event) == 0 ? 0 : -1;
}

/* With its last descriptor a file leaves all instances. */
ENTRY(close_file)
{
    int error = file < 0 ? 0 : close(file);

    file = -1;
    return error;
}

ENTRY(stop)
{
    if (file >= 0)
        epoll_ctl(host_epoll(), EPOLL_CTL_DEL, file, NULL);
    return close_file();
}

__attribute__((destructor)) static void tidy_fini(void)
{
    stop();
}
