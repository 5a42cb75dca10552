// SPDX-License-Identifier: MIT
/* Opens a descriptor with each function that does so, and closes them all, or (start) none. */
/* open is to be open, not open64. */
#undef _FILE_OFFSET_BITS

#include "plugin.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* The compiler calls these with _FORTIFY_SOURCE. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);
int fcntl64(int number, int command, ...);
int creat64(const char *path, mode_t mode);

enum { MAX = 64 };

static int numbers[MAX], count;
static char name[64];

static void add(int number)
{
    numbers[count++] = number;
}

static void add_files(void)
{
    add(open("/dev/null", O_RDONLY));
    add(open64("/dev/null", O_RDONLY));
    add(openat(AT_FDCWD, "/dev/null", O_RDONLY));
    add(openat64(AT_FDCWD, "/dev/null", O_RDONLY));
    add(__open_2("/dev/null", O_RDONLY));
    add(__open64_2("/dev/null", O_RDONLY));
    add(__openat_2(AT_FDCWD, "/dev/null", O_RDONLY));
    add(__openat64_2(AT_FDCWD, "/dev/null", O_RDONLY));
    add(creat("/dev/null", 0600));
    add(creat64("/dev/null", 0600));
}

static void add_temporary(void)
{
    int (*const makers[])(char *path) = {mkstemp, mkstemp64};

    for (unsigned i = 0; i < 2; i++) {
        strcpy(name, "/tmp/dlpin-XXXXXX");
        add(makers[i](name));
        unlink(name);
    }
    strcpy(name, "/tmp/dlpin-XXXXXX");
    add(mkostemp(name, O_CLOEXEC));
    unlink(name);
    snprintf(name, sizeof name, "/dlpin-sample-%d", (int)getpid());
    add(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
    shm_unlink(name);
    add(memfd_create("sample", 0));
}

/* A connection with itself, twice; what connected is closed. */
static void add_accepted(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t size = sizeof(sa_family_t);
    int listening = socket(AF_UNIX, SOCK_STREAM, 0);

    bind(listening, (const struct sockaddr *)&address, size);
    size = sizeof address;
    getsockname(listening, (struct sockaddr *)&address, &size);
    listen(listening, 2);
    for (unsigned i = 0; i < 2; i++) {
        int caller = socket(AF_UNIX, SOCK_STREAM, 0);

        if (connect(caller, (const struct sockaddr *)&address, size) == 0)
            add(i ? accept(listening, NULL, NULL) : accept4(listening, NULL, NULL, SOCK_CLOEXEC));
        close(caller);
    }
    add(listening);
}

static void add_pairs(void)
{
    int both[2];

    for (unsigned i = 0; i < 3; i++) {
        int error = i == 0   ? pipe(both)
                    : i == 1 ? pipe2(both, O_CLOEXEC)
                             : socketpair(AF_UNIX, SOCK_STREAM, 0, both);

        add(error ? -1 : both[0]);
        add(error ? -1 : both[1]);
    }
}

static void add_copies(void)
{
    add(dup(numbers[0]));
    add(dup2(numbers[0], 90));
    add(dup3(numbers[0], 91, O_CLOEXEC));
    add(fcntl(numbers[0], F_DUPFD, 92));
    add(fcntl64(numbers[0], F_DUPFD_CLOEXEC, 93));
}

static void add_others(void)
{
    sigset_t none;

    sigemptyset(&none);
    add(epoll_create(1));
    add(epoll_create1(EPOLL_CLOEXEC));
    add(eventfd(0, 0));
    add(timerfd_create(CLOCK_MONOTONIC, 0));
    add(signalfd(-1, &none, 0));
    add(inotify_init());
    add(inotify_init1(IN_CLOEXEC));
}

/* The libraries' streams are never freed here, but their descriptors are closed with the others. */
static void add_streams(void)
{
    FILE *streams[] = {fopen("/dev/null", "r"), fopen64("/dev/null", "r"), tmpfile()};

    for (unsigned i = 0; i < 3; i++)
        add(streams[i] ? fileno(streams[i]) : -1);
}

ENTRY(start)
{
    count = 0;
    add_files();
    add_temporary();
    add_accepted();
    add_pairs();
    add_copies();
    add_others();
    add_streams();
    for (int i = 0; i < count; i++)
        if (numbers[i] < 0 || fcntl(numbers[i], F_GETFD) < 0)
            return i + 1;
    return 0;
}

ENTRY(stop)
{
    for (int i = 0; i < count; i++)
        if (close(numbers[i]) != 0)
            return i + 1;
    return 0;
}

/* All that have the highest numbers, at once. */
ENTRY(stop_range)
{
    for (int i = 0; i < count; i++)
        if (dup2(numbers[i], 200 + i) != 200 + i || close(numbers[i]) != 0)
            return i + 1;
    return close_range(200, 220, 0) != 0 ? -1 : (closefrom(221), 0);
}
