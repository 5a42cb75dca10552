// SPDX-License-Identifier: MIT
/*
 * Something happens while a process ends: another thread ends it as well (`thread`), or a signal
 * comes whose handler does (`handler`). The library is in the middle of its work then, because it
 * writes its report to a full pipe. Without the library the process has ended by that time.
 *
 * The first process starts the one that ends, and empties the pipe when the other thread has done
 * its part, or when there is nothing more to wait for.
 */
#include "../observe.h"
#include <linux/futex.h>
#include <pthread.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/syscall.h>

enum {
    PAUSE_US = 1000,
    PAUSES = 20000,
    STATUS = 33,
    TIDS = 3 /* the pipe for the number of a thread */
};

/* The number of the system call that a thread waits in, and its first argument; -1: in none. */
static long call_of(pid_t process, pid_t tid, unsigned long *argument)
{
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", process, tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, line, sizeof line - 1) : -1;
    if (fd >= 0)
        close(fd);
    line[length > 0 ? length : 0] = '\0';
    char *rest = NULL;
    long number = strtol(line, &rest, 10);
    if (rest == line)
        return -1;
    *argument = strtoul(rest, NULL, 16);
    return number;
}

static void await_report(pid_t tid)
{
    unsigned long descriptor = 0;
    for (int i = 0; i < PAUSES; i++, usleep(PAUSE_US))
        if (call_of(getpid(), tid, &descriptor) == SYS_write && descriptor == STDERR_FILENO)
            return;
}

static pthread_t first;
static const char *way;

static void leave(int number)
{
    (void)number;
    _exit(STATUS);
}

static void *intervene(void *unused)
{
    static int word;
    pid_t self = gettid();
    check(write(TIDS, &self, sizeof self) == sizeof self);
    await_report(getpid());
    if (strcmp(way, "thread") == 0)
        _exit(STATUS);
    pthread_kill(first, SIGUSR1);
    for (;;)
        syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
    return unused;
}

static void fill(int fd)
{
    static char dots[4096];
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    memset(dots, '.', sizeof dots);
    for (size_t size = sizeof dots; size > 0; size = size == 1 ? 0 : 1)
        while (write(fd, dots, size) > 0)
            ;
    fcntl(fd, F_SETFL, flags);
}

/* By a system call, for a signal that never comes: so the library finds that at the end alone. */
static void leave_handler(void)
{
    struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        uint64_t mask;
    } action = {.handler = NULL};
    void *plugin = open_plugin("./leftover.so", RTLD_NOW);
    action.handler = symbol(plugin, "leave");
    check(dlclose(plugin) == 0);
    check(syscall(SYS_rt_sigaction, SIGRTMIN + 8, &action, NULL, sizeof action.mask) == 0);
}

static int end(void)
{
    /* A stack of its own, for it must not lie where the plug-in was. */
    static char stack[256 << 10] __attribute__((aligned(4096)));
    pthread_t thread;
    pthread_attr_t attributes;
    struct sigaction action = {.sa_handler = leave};
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, sizeof stack);
    first = pthread_self();
    sigaction(SIGUSR1, &action, NULL);
    leave_handler();
    fill(STDERR_FILENO);
    check(pthread_create(&thread, &attributes, intervene, NULL) == 0);
    if (strcmp(way, "thread") == 0)
        _exit(STATUS); /* exit works twice, and between the two it could be the other's turn */
    exit(STATUS);
}

/* The other thread waits: for the first one, or because it has nothing more to do. */
static void await_other(pid_t process, int tids)
{
    pid_t tid = 0;
    unsigned long unused;
    siginfo_t over = {.si_pid = 0};
    if (read(tids, &tid, sizeof tid) != sizeof tid)
        return;
    for (int i = 0; i < PAUSES && !over.si_pid; i++, usleep(PAUSE_US)) {
        if (call_of(process, tid, &unused) == SYS_futex)
            return;
        waitid(P_PID, (id_t)process, &over, WEXITED | WNOHANG | WNOWAIT);
    }
}

static void start(const char *program)
{
    int errors[2], tids[2], status = -1;
    char text[4096];
    char *arguments[] = {(char *)program, (char *)way, (char *)"end", NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    check(pipe2(errors, O_CLOEXEC) == 0 && pipe2(tids, O_CLOEXEC) == 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, errors[1], STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, tids[1], TIDS);
    check(posix_spawn(&pid, program, &actions, NULL, arguments, environ) == 0);
    close(errors[1]);
    close(tids[1]);
    await_other(pid, tids[0]);
    while (read(errors[0], text, sizeof text) > 0)
        ;
    waitpid(pid, &status, 0);
    say("%s: %s\n", way, status_text(status));
}

int main(int argc, char **argv)
{
    way = argc > 1 ? argv[1] : "thread";
    if (argc > 2)
        return end();
    start(argv[0]);
    return observe_status();
}
