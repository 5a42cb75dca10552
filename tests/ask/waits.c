// SPDX-License-Identifier: MIT
/*
 * Waits in one system call, and prints the result: "good", or the failure. A request in the
 * meantime must not be noticed.
 *
 *   waits CALL [MILLISECONDS]
 *
 * A byte on the standard input ends what waits for one, SIGALRM what waits for a signal; a sleep
 * ends by itself after so long, and then the time on CLOCK_MONOTONIC is written, too: whoever asked
 * judges from that whether it began anew. In "flagged" each SIGUSR1 must end epoll_wait with EINTR:
 * a line is written for each.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FLAGS = 40 };

static long span_ms = 1500;
static struct timespec span;
static long begun, ended; /* milliseconds; `ended`: of a sleep only */

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct timespec after_span(clockid_t clock)
{
    struct timespec at;
    clock_gettime(clock, &at);
    at.tv_sec += span.tv_sec;
    at.tv_nsec += span.tv_nsec;
    if (at.tv_nsec >= 1000000000L) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000L;
    }
    return at;
}

/* Zero if it did not end before its time. CLOCK_REALTIME, by which some wait, may go a little
 * faster than the clock that it is measured by. */
static int in_time(int result, int expected)
{
    ended = now_ms();
    if (result != expected)
        return -1;
    errno = ETIME;
    return ended - begun >= span_ms - span_ms / 100 ? 0 : -1;
}

static int wait_read(void)
{
    char byte;
    return read(0, &byte, 1) == 1 ? 0 : -1;
}

static int wait_poll(void)
{
    struct pollfd input = {.fd = 0, .events = POLLIN};
    return poll(&input, 1, -1) == 1 ? 0 : -1;
}

static int wait_ppoll_span(void)
{
    return in_time(ppoll(NULL, 0, &span, NULL), 0);
}

static int wait_epoll(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int set = epoll_create1(0);
    epoll_ctl(set, EPOLL_CTL_ADD, 0, &event);
    return epoll_wait(set, &event, 1, -1) == 1 ? 0 : -1;
}

static int wait_select(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(0, &set);
    return select(1, &set, NULL, NULL, NULL) == 1 ? 0 : -1;
}

static int wait_select_span(void)
{
    struct timeval limit = {span.tv_sec, span.tv_nsec / 1000};
    return in_time(select(0, NULL, NULL, NULL, &limit), 0);
}

static int wait_sleep(void)
{
    struct timespec at = after_span(CLOCK_MONOTONIC);
    return in_time(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL), 0);
}

static int wait_sleep_span(void)
{
    struct timespec rest = span;
    return in_time(nanosleep(&rest, &rest), 0);
}

static sem_t semaphore;

static int wait_semaphore(void)
{
    struct timespec at = after_span(CLOCK_REALTIME);
    sem_init(&semaphore, 0, 0);
    return in_time(sem_timedwait(&semaphore, &at) == -1 && errno == ETIMEDOUT ? 0 : -1, 0);
}

static int wait_condition(void)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    struct timespec at = after_span(CLOCK_REALTIME);
    pthread_mutex_lock(&mutex);
    return in_time(pthread_cond_timedwait(&condition, &mutex, &at), ETIMEDOUT);
}

static void *read_byte(void *unused)
{
    (void)unused;
    wait_read();
    return NULL;
}

/* The other thread reads: either may be asked. */
static int wait_join(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, read_byte, NULL) != 0)
        return -1;
    errno = pthread_join(thread, NULL);
    return errno ? -1 : 0;
}

static int wait_child(void)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(wait_read() == 0 ? 7 : 8);
    return waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7 ? 0 : -1;
}

static int wait_accept(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t length = sizeof address;
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(server, (struct sockaddr *)&address, sizeof(sa_family_t)) != 0 ||
        listen(server, 1) != 0)
        return -1;
    getsockname(server, (struct sockaddr *)&address, &length);
    if (fork() == 0) {
        wait_read();
        _exit(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, length));
    }
    return accept(server, NULL, NULL) >= 0 ? 0 : -1;
}

static volatile sig_atomic_t flag;

static void set_flag(int number)
{
    (void)number;
    flag++;
}

/* pause() ends only when a handler of the program has run. */
static int wait_pause(void)
{
    struct sigaction action = {.sa_handler = set_flag};
    sigaction(SIGALRM, &action, NULL);
    pause();
    return flag == 1 ? 0 : -1;
}

static int wait_sigwait(void)
{
    sigset_t set;
    siginfo_t info;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return sigwaitinfo(&set, &info) == SIGALRM ? 0 : -1;
}

static int wait_message(void)
{
    struct {
        long type;
        char text[8];
    } message = {.type = 1};
    int result, queue = msgget(IPC_PRIVATE, 0600);
    if (fork() == 0) {
        wait_read();
        _exit(msgsnd(queue, &message, sizeof message.text, 0));
    }
    result = msgrcv(queue, &message, sizeof message.text, 0, 0) >= 0 ? 0 : -1;
    msgctl(queue, IPC_RMID, NULL);
    return result;
}

/* These would begin anew: the program is not to be asked there. */
static int wait_poll_span(void)
{
    return in_time(poll(NULL, 0, (int)span_ms), 0);
}

static int wait_nanosleep(void)
{
    return in_time(nanosleep(&span, NULL), 0);
}

static int wait_flagged(void)
{
    struct sigaction action = {.sa_handler = set_flag};
    struct epoll_event event = {.events = EPOLLIN};
    int set = epoll_create1(0), seen = 0;
    sigset_t usual, blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigaction(SIGUSR1, &action, NULL);
    sigprocmask(SIG_BLOCK, &blocked, &usual);
    while (seen < FLAGS) {
        /* As if there were no gap: what is not blocked comes only in the call. */
        int found = epoll_pwait(set, &event, 1, -1, &usual);
        if (found != -1 || errno != EINTR || flag == seen)
            return -1;
        seen = flag;
        printf("%d\n", seen);
        fflush(stdout);
    }
    return 0;
}

static const struct {
    const char *name;
    int (*wait)(void);
} ways[] = {
    {"read", wait_read},
    {"poll", wait_poll},
    {"ppoll-span", wait_ppoll_span},
    {"epoll", wait_epoll},
    {"select", wait_select},
    {"select-span", wait_select_span},
    {"sleep", wait_sleep},
    {"sleep-span", wait_sleep_span},
    {"semaphore", wait_semaphore},
    {"condition", wait_condition},
    {"join", wait_join},
    {"child", wait_child},
    {"accept", wait_accept},
    {"pause", wait_pause},
    {"sigwait", wait_sigwait},
    {"message", wait_message},
    {"poll-span", wait_poll_span},
    {"nanosleep", wait_nanosleep},
    {"flagged", wait_flagged},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (argc < 2 || strcmp(argv[1], ways[i].name) != 0)
            continue;
        span_ms = argc > 2 ? atol(argv[2]) : span_ms;
        span = (struct timespec){span_ms / 1000, span_ms % 1000 * 1000000L};
        puts("ready");
        fflush(stdout);
        begun = now_ms();
        int result = ways[i].wait();
        if (result != 0)
            printf("%s: %s after %ld ms\n", argv[1], strerror(errno), now_ms() - begun);
        else if (ended)
            printf("good %ld\n", ended);
        else
            puts("good");
        return result != 0;
    }
    puts("usage: waits CALL [MILLISECONDS]");
    return 2;
}
