// SPDX-License-Identifier: MIT
/*
 * Waits of the host for something that a plug-in offers as a variable: "wait HOW P V". A plug-in
 * that is unloaded meanwhile takes the variable with it. And the host's own
 * robust mutex and epoll instance.
 */
#include "host.h"
#include "steps.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* A pipe that nobody writes to. */
static int empty_pipe(void)
{
    int ends[2];

    if (pipe(ends) != 0)
        die("pipe", strerror(errno));
    return ends[0];
}

static void wait_semaphore(void *variable)
{
    while (sem_wait(variable) != 0)
        ;
}

static void wait_shortly(void *variable)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    if (sem_timedwait(variable, &until) == 0 || errno != ETIMEDOUT)
        die("shortly", "there was something to wait for");
}

static void wait_mutex(void *variable)
{
    if (pthread_mutex_lock(variable) == 0)
        pthread_mutex_unlock(variable);
}

/* For a condition that never comes, with a mutex of the host. */
static void wait_condition(void *variable)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

    pthread_mutex_lock(&lock);
    pthread_cond_wait(variable, &lock);
    pthread_mutex_unlock(&lock);
}

static void wait_read(void *variable)
{
    ssize_t length = read(empty_pipe(), variable, 1);

    (void)length;
}

static void wait_readv(void *variable)
{
    char own;
    struct iovec pieces[] = {{&own, 1}, {variable, 1}};
    ssize_t length = readv(empty_pipe(), pieces, 2);

    (void)length;
}

/* From a socket that nobody sends anything to. */
static int empty_socket(void)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        die("socketpair", strerror(errno));
    return ends[0];
}

static void wait_recv(void *variable)
{
    ssize_t length = recv(empty_socket(), variable, 1, 0);

    (void)length;
}

static void wait_recvmsg(void *variable)
{
    struct iovec piece = {variable, 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    ssize_t length = recvmsg(empty_socket(), &message, 0);

    (void)length;
}

static void wait_poll(void *variable)
{
    struct pollfd *file = variable;

    *file = (struct pollfd){.fd = empty_pipe(), .events = POLLIN};
    poll(file, 1, -1);
}

static void wait_epoll(void *variable)
{
    epoll_wait(epoll_create1(0), variable, 1, -1);
}

static pthread_mutex_t robust;

void step_robust_lock(char **arg)
{
    pthread_mutexattr_t attributes;

    (void)arg;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &attributes);
    pthread_mutexattr_destroy(&attributes);
    pthread_mutex_lock(&robust);
}

void step_robust(char **arg)
{
    step_robust_lock(arg);
    pthread_mutex_unlock(&robust);
}

static int own_epoll = -1;

int host_epoll(void)
{
    if (own_epoll < 0)
        own_epoll = epoll_create1(EPOLL_CLOEXEC);
    return own_epoll;
}

/* Whatever file it is of, by its number. */
void step_epoll_clear(char **arg)
{
    struct epoll_event event = {.events = EPOLLIN};

    (void)arg;
    for (int file = 0; file < 64; file++)
        epoll_ctl(host_epoll(), EPOLL_CTL_MOD, file, &event);
}

/* A signal wakes a waiting thread even if it is ignored then, and the wait in unmapped memory that
 * begins again kills the process. glibc 2.41 blocks all signals in a thread that forks: where the
 * child ends at once, SIGCHLD comes to another thread. */
static void block_signals(void)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
}

void step_wait(char **arg)
{
    static const struct {
        const char *name;
        void (*wait)(void *variable);
    } ways[] = {{"semaphore", wait_semaphore}, {"shortly", wait_shortly}, {"mutex", wait_mutex},
                {"condition", wait_condition}, {"read", wait_read},       {"readv", wait_readv},
                {"recv", wait_recv},           {"recvmsg", wait_recvmsg}, {"poll", wait_poll},
                {"epoll", wait_epoll}};
    void *variable = find_function(arg[1], arg[2]);

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (strcmp(ways[i].name, arg[0]) != 0)
            continue;
        block_signals();
        host_arrive();
        ways[i].wait(variable);
        return;
    }
    die(arg[0], "cannot wait so");
}
