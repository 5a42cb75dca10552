// SPDX-License-Identifier: MIT
/*
 * Defect: an entry in an epoll instance of the host whose data is the address of a source of
 * events, a variable of this plug-in with a function.
 *
 * Consequence: when there is an event, whoever waits for events takes that address from the kernel,
 * calls the function there, and the process dies.
 *
 * Report: epoll, dangling, warning. When the entry is removed, or the file is closed, the finding
 * is resolved.
 *
 * Fix: tidy.c.
 */
#include "host.h"
#include "plugin.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

struct source {
    host_function *on_event;
};

static int on_event(void)
{
    return 0;
}

static struct source source = {on_event};
static int file = -1, copy = -1;

static int add(struct epoll_event event)
{
    file = eventfd(0, EFD_CLOEXEC);
    return epoll_ctl(host_epoll(), EPOLL_CTL_ADD, file, &event) == 0 ? 0 : -1;
}

ENTRY(start)
{
    int error = add((struct epoll_event){.events = EPOLLIN, .data.ptr = &source});

    return error;
}

/* Code as data. */
ENTRY(start_function)
{
    int error = add((struct epoll_event){.events = EPOLLIN, .data.u64 = (uintptr_t)on_event});

    return error;
}

/* Another address, or none, comes later. */
static int change(uint64_t data)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = data};

    return epoll_ctl(host_epoll(), EPOLL_CTL_MOD, file, &event) == 0 ? 0 : -1;
}

ENTRY(start_later)
{
    int error = add((struct epoll_event){.events = EPOLLIN});

    return error || change((uintptr_t)&source) ? -1 : 0;
}

ENTRY(take_back)
{
    return change(0);
}

/* No address: the number of the file, and what was on the stack behind it. */
ENTRY(start_number)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &source};

    file = eventfd(0, EFD_CLOEXEC);
    event.data.fd = file;
    return epoll_ctl(host_epoll(), EPOLL_CTL_ADD, file, &event) == 0 ? 0 : -1;
}

/* Past the C library. */
ENTRY(start_raw)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &source};

    file = eventfd(0, EFD_CLOEXEC);
    return syscall(SYS_epoll_ctl, host_epoll(), EPOLL_CTL_ADD, file, &event) == 0 ? 0 : -1;
}

/* The entry stays: it is one of the file, which has another descriptor. */
ENTRY(close_one)
{
    copy = dup(file);
    return copy >= 0 && close(file) == 0 ? 0 : -1;
}

ENTRY(close_file)
{
    int error = close(file);

    return error;
}

/* Only the kernel has the source, which the host would get with an event, and could free: this
 * variable is unloaded. */
static struct source *made;

__attribute__((noinline)) static int add_made(host_function *function)
{
    made = calloc(1, sizeof *made);
    if (!made)
        return -1;
    made->on_event = function;
    return add((struct epoll_event){.events = EPOLLIN, .data.ptr = made});
}

ENTRY(start_block)
{
    int error = add_made(NULL);

    return error;
}

ENTRY(start_block_of_image)
{
    int error = add_made(on_event);

    return error;
}
