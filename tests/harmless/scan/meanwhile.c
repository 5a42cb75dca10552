// SPDX-License-Identifier: MIT
/*
 * Actions of a program while its memory is scanned: a heap of a million blocks, a list, makes the
 * scan last for a while, and each variant then does something that a copy of the process could
 * change.
 */
#include "../observe.h"
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>

enum { NODES = 1000000 };

static struct node {
    struct node *next;
    unsigned long number;
    char rest[40];
} * nodes;

static void make_heap(void)
{
    for (unsigned long i = 0; i < NODES; i++) {
        struct node *node = calloc(1, sizeof *node);
        if (!node)
            exit(98);
        node->next = nodes;
        node->number = i;
        nodes = node;
    }
}

/* The blocks hold what they held. */
static void check_heap(void)
{
    unsigned long sum = 0;
    for (const struct node *node = nodes; node; node = node->next)
        sum += node->number;
    check(sum == (unsigned long)NODES * (NODES - 1) / 2);
}

static void way_pipe(void)
{
    int ends[2];
    check(pipe(ends) == 0);
    leave_something();
    close(ends[1]);
    struct pollfd reader = {ends[0], POLLIN, 0};
    check(poll(&reader, 1, 0) == 1 && reader.revents == POLLHUP);
}

static void way_lock(void)
{
    int first = open("locked", O_CREAT | O_RDWR, 0600);
    check(flock(first, LOCK_EX) == 0);
    leave_something();
    close(first);
    int second = open("locked", O_RDWR);
    check(flock(second, LOCK_EX | LOCK_NB) == 0);
    close(second);
}

static void say_signal(int number)
{
    say("signal %d\n", number);
}

static void way_group(void)
{
    signal(SIGUSR1, say_signal);
    leave_something();
    check(kill(0, SIGUSR1) == 0);
}

static void way_child_signals(void)
{
    signal(SIGCHLD, say_signal);
    leave_something();
    check_heap();
    leave_something();
    check(wait(NULL) == -1 && errno == ECHILD);
    check(wait3(NULL, WNOHANG, NULL) == -1 && errno == ECHILD);
    siginfo_t info;
    check(waitid(P_ALL, 0, &info, WEXITED | WNOHANG) == -1 && errno == ECHILD);
}

static volatile sig_atomic_t ticks;

static void tick(int number)
{
    (void)number;
    ticks++;
}

/* Timers, and masks, as they were. */
static void way_timer(void)
{
    struct itimerval each = {{0, 500}, {0, 500}}, now;
    sigset_t mask;
    signal(SIGALRM, tick);
    check(setitimer(ITIMER_REAL, &each, NULL) == 0);
    leave_something();
    check_heap();
    check(getitimer(ITIMER_REAL, &now) == 0 && now.it_interval.tv_usec == 500);
    check(sigprocmask(SIG_BLOCK, NULL, &mask) == 0 && !sigismember(&mask, SIGALRM));
    while (!ticks)
        pause();
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
}

/* The program may reap whatever there is. */
static void way_reap_all(void)
{
    leave_something();
    while (waitpid(-1, NULL, __WALL) > 0)
        ;
    check(errno == ECHILD);
    leave_something();
    check_heap();
}

static void way_fork(void)
{
    leave_something();
    pid_t child = fork();
    if (child == 0) {
        check_heap();
        leave_something();
        _exit(observe_status());
    }
    int status;
    check(wait(&status) == child);
    say("child: %s\n", status_text(status));
    check(wait(NULL) == -1 && errno == ECHILD);
}

static void way_spawn(void)
{
    leave_something();
    check(system("echo from a shell") == 0);
    pid_t child = vfork();
    if (child == 0)
        _exit(7);
    int status;
    check(waitpid(child, &status, 0) == child);
    say("child: %s\n", status_text(status));
}

/* In the new image: nothing is left over of the old one. */
static void after_exec(void)
{
    check(waitpid(-1, NULL, __WALL | WNOHANG) == -1 && errno == ECHILD);
    say("in the new image\n");
}

static void way_exec(void)
{
    char *const arguments[] = {(char *)"./scan_meanwhile", (char *)"after-exec", NULL};
    leave_something();
    execv(arguments[0], arguments);
    check(!"exec");
}

static void way_exec_fails(void)
{
    char *const arguments[] = {(char *)"none", NULL};
    leave_something();
    check(execv("./none", arguments) == -1 && errno == ENOENT);
    leave_something();
    check_heap();
}

/* The first child that is none of the program's own, or 0. */
static pid_t other_child(void)
{
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/children", gettid());
    int file = open(path, O_RDONLY);
    ssize_t length = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    close(file);
    return length > 0 ? (pid_t)atoi(text) : 0;
}

static void *leave_and_end(void *unused)
{
    leave_something();
    return unused;
}

/* The thread that the copy is a child of ends; the process does not. */
static void way_thread_ends(void)
{
    pthread_t thread;
    for (unsigned i = 0; i < 3; i++) {
        check(pthread_create(&thread, NULL, leave_and_end, NULL) == 0);
        check(pthread_join(thread, NULL) == 0);
    }
    check_heap();
}

/* A child that has this process number, if the kernel lets us choose, and has ended. */
static pid_t fork_as(pid_t wanted)
{
    siginfo_t info;
    int file = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);
    if (file >= 0)
        dprintf(file, "%d", wanted - 1);
    close(file);
    pid_t child = fork();
    if (child == 0)
        _exit(7);
    check(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) == 0);
    return child;
}

/* The program reaped the copy, and has a child of the same number since. */
static void way_number_again(void)
{
    int status;
    leave_something();
    pid_t copy = other_child(), child;
    while (waitpid(-1, NULL, __WALL) > 0)
        ;
    for (unsigned tries = 0; (child = fork_as(copy)) != copy && copy > 0 && tries < 10; tries++)
        check(waitpid(child, NULL, 0) == child);
    leave_something();
    check_heap();
    leave_something();
    check(waitpid(child, &status, 0) == child);
    say("child: %s\n", status_text(status));
}

/* The out-of-memory killer, say. */
static void way_copy_killed(void)
{
    for (unsigned i = 0; i < 3; i++) {
        leave_something();
        pid_t copy = other_child();
        if (copy > 0)
            kill(copy, SIGKILL);
    }
    check_heap();
}

static void way_copy_stopped(void)
{
    leave_something();
    pid_t copy = other_child();
    if (copy > 0)
        kill(copy, SIGSTOP);
    leave_something();
    check_heap();
    if (copy > 0)
        kill(copy, SIGCONT);
}

static void *write_all(void *unused)
{
    (void)unused;
    for (unsigned round = 0; round < 3; round++)
        for (struct node *node = nodes; node; node = node->next)
            memset(node->rest, (int)round + 1, sizeof node->rest);
    return NULL;
}

static void way_writers(void)
{
    pthread_t writers[3];
    for (unsigned i = 0; i < 3; i++)
        check(pthread_create(&writers[i], NULL, write_all, NULL) == 0);
    for (unsigned i = 0; i < 5; i++)
        leave_something();
    for (unsigned i = 0; i < 3; i++)
        check(pthread_join(writers[i], NULL) == 0);
    check_heap();
    unsigned wrong = 0;
    for (const struct node *node = nodes; node; node = node->next)
        wrong += node->rest[0] != 3 || node->rest[39] != 3;
    check(wrong == 0);
}

/* Memory is unmapped while it is scanned. */
static void way_freed(void)
{
    leave_something();
    for (struct node *node = nodes, *next; node; node = next) {
        next = node->next;
        free(node);
    }
    nodes = NULL;
    leave_something();
}

/* No copy can be had: neither a process more for this user, nor, as root, for another one. */
static void way_no_processes(void)
{
    struct rlimit one = {1, 1};
    leave_something();
    check(setrlimit(RLIMIT_NPROC, &one) == 0);
    if (geteuid() == 0)
        check(setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
    leave_something();
    leave_something();
    check_heap();
}

static void way_return(void)
{
    leave_something();
}

static void way_exit(void)
{
    leave_something();
    exit(5);
}

static void way__exit(void)
{
    leave_something();
    _exit(5);
}

static void way_quick_exit(void)
{
    leave_something();
    quick_exit(5);
}

static void way_abort(void)
{
    leave_something();
    abort();
}

static void way_killed(void)
{
    leave_something();
    raise(SIGKILL);
}

static void *exit_in_thread(void *unused)
{
    exit(5);
    return unused;
}

static void way_exit_in_thread(void)
{
    pthread_t thread;
    leave_something();
    check(pthread_create(&thread, NULL, exit_in_thread, NULL) == 0);
    check_heap();
    pthread_join(thread, NULL);
}

static const struct {
    const char *name;
    void (*act)(void);
} ways[] = {
    {"pipe", way_pipe},
    {"lock", way_lock},
    {"group", way_group},
    {"child-signals", way_child_signals},
    {"timer", way_timer},
    {"reap-all", way_reap_all},
    {"fork", way_fork},
    {"spawn", way_spawn},
    {"exec", way_exec},
    {"exec-fails", way_exec_fails},
    {"thread-ends", way_thread_ends},
    {"number-again", way_number_again},
    {"copy-killed", way_copy_killed},
    {"copy-stopped", way_copy_stopped},
    {"writers", way_writers},
    {"freed", way_freed},
    {"no-processes", way_no_processes},
    {"return", way_return},
    {"exit", way_exit},
    {"_exit", way__exit},
    {"quick_exit", way_quick_exit},
    {"abort", way_abort},
    {"killed", way_killed},
    {"exit-in-thread", way_exit_in_thread},
};

int main(int count, char **arguments)
{
    const char *wanted = count > 1 ? arguments[1] : "";
    if (strcmp(wanted, "after-exec") == 0) {
        after_exec();
        return observe_status();
    }
    make_heap();
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (strcmp(ways[i].name, wanted) != 0)
            continue;
        ways[i].act();
        say("done\n");
        return observe_status();
    }
    say("FAILED: no way %s\n", wanted);
    return 97;
}
