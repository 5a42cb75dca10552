// SPDX-License-Identifier: MIT
/* A descriptor that a plug-in gave to the host, and what the host does with it. */
#include "host.h"
#include "steps.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

static int given = -1;

void host_take_descriptor(int number)
{
    given = number;
}

static void need(int result, const char *what)
{
    if (result < 0)
        die(what, strerror(errno));
}

void step_read_given(char **arg)
{
    char byte;

    (void)arg;
    need((int)read(given, &byte, 1), "read");
}

void step_write_given(char **arg)
{
    (void)arg;
    need((int)write(given, "1234567", sizeof "1234567"), "write");
}

void step_copy_given(char **arg)
{
    (void)arg;
    need(dup(given), "dup");
}

void step_watch_given(char **arg)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(0);

    (void)arg;
    need(epoll, "epoll_create1");
    need(epoll_ctl(epoll, EPOLL_CTL_ADD, given, &event), "epoll_ctl");
}

void step_close_given(char **arg)
{
    (void)arg;
    need(close(given), "close");
}

void step_close_to_given(char **arg)
{
    int number = open("/dev/null", O_RDONLY);

    (void)arg;
    need(dup2(number, given), "dup2");
    close(number);
}

/* Past the C library. */
void step_replace_given(char **arg)
{
    (void)arg;
    need((int)syscall(SYS_close, given), "close");
    need((int)syscall(SYS_openat, AT_FDCWD, "/dev/zero", O_RDONLY, 0), "open");
}
