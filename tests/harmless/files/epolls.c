// SPDX-License-Identifier: MIT
/*
 * "Output, exit status, errno … stay the same": epoll_ctl with all that it may be given, and what
 * is waited for afterwards.
 */
#include "../observe.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

static void control(const char *what, int epoll, int operation, int file, struct epoll_event *event)
{
    errno = E2BIG; /* nobody else sets it */
    int result = epoll_ctl(epoll, operation, file, event);
    say("%s: %d, %s\n", what, result, error_name(errno));
}

static void say_events(int epoll)
{
    struct epoll_event events[4];
    int count = epoll_wait(epoll, events, 4, 0);
    say("%d events\n", count);
    for (int i = 0; i < count; i++)
        say("  %#x %#llx\n", events[i].events, (unsigned long long)events[i].data.u64);
}

int main(void)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC), file = eventfd(1, EFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0x123456789abcdef0};
    void *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    leave_something();
    control("add without an event", epoll, EPOLL_CTL_ADD, file, NULL);
    control("add from nowhere", epoll, EPOLL_CTL_ADD, file, nowhere);
    control("change what is not there", epoll, EPOLL_CTL_MOD, file, &event);
    control("remove what is not there", epoll, EPOLL_CTL_DEL, file, NULL);
    control("add", epoll, EPOLL_CTL_ADD, file, &event);
    control("add again", epoll, EPOLL_CTL_ADD, file, &event);
    say_events(epoll);
    event.data.ptr = main;
    event.events = EPOLLIN | EPOLLONESHOT;
    control("change", epoll, EPOLL_CTL_MOD, file, &event);
    event.data.u64 = 7;
    control("change back", epoll, EPOLL_CTL_MOD, file, &event);
    say_events(epoll);
    say_events(epoll);
    control("to itself", epoll, EPOLL_CTL_ADD, epoll, &event);
    control("no instance", file, EPOLL_CTL_ADD, file, &event);
    control("no descriptor", -1, EPOLL_CTL_ADD, file, &event);
    control("no file", epoll, EPOLL_CTL_ADD, 1 << 20, &event);
    control("no operation", epoll, 77, file, &event);
    control("remove with an event from nowhere", epoll, EPOLL_CTL_DEL, file, nowhere);
    say_events(epoll);
    control("add anew", epoll, EPOLL_CTL_ADD, file, &event);
    control("remove", epoll, EPOLL_CTL_DEL, file, NULL);
    return observe_status();
}
