// SPDX-License-Identifier: MIT
/*
 * dies WAY HOW: starts a child, which ends in some way (abort, kill, status: with 3, crash) before
 * it has anything to report, asks in some way how it ended, prints the answer, and ends with 0.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *how;
static char *self;
static volatile sig_atomic_t told;

static void end(void)
{
    if (strcmp(how, "abort") == 0)
        abort();
    if (strcmp(how, "crash") == 0)
        raise(SIGSEGV);
    if (strcmp(how, "kill") == 0)
        for (;;)
            pause();
    _exit(3);
}

static pid_t start(void)
{
    pid_t pid = fork();
    if (pid == 0)
        end();
    if (strcmp(how, "kill") == 0)
        kill(pid, SIGKILL);
    return pid;
}

static void say(int status)
{
    if (WIFSIGNALED(status))
        printf("signal %d\n", WTERMSIG(status));
    else
        printf("status %d\n", WEXITSTATUS(status));
}

static void say_info(const siginfo_t *info)
{
    printf("%s %d\n", info->si_code == CLD_EXITED ? "status" : "signal", info->si_status);
}

static void by_wait(void)
{
    int status;
    start();
    wait(&status);
    say(status);
}

static void by_waitpid(void)
{
    int status, before = 7;
    pid_t pid = start();
    waitpid(pid, &status, 0);
    say(status);
    printf("%d %d\n", waitpid(-1, &before, WNOHANG), before);
}

static void by_wait3(void)
{
    int status;
    struct rusage usage;
    start();
    wait3(&status, 0, &usage);
    say(status);
}

static void by_wait4(void)
{
    int status;
    wait4(start(), &status, 0, NULL);
    say(status);
}

static void by_waitid(void)
{
    siginfo_t info = {0};
    pid_t pid = start();
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    say_info(&info);
    waitid(P_PID, (id_t)pid, &info, WEXITED);
    say_info(&info);
    info.si_pid = info.si_code = 7;
    printf("%d ", waitid(P_ALL, 0, &info, WEXITED | WNOHANG));
    printf("%d %d %d\n", errno == ECHILD, info.si_pid, info.si_code);
}

/* Nobody wants to know the status. */
static void by_nothing(void)
{
    pid_t pid = start();
    printf("%d\n", waitpid(pid, NULL, 0) == pid);
}

static void by_waitid_nothing(void)
{
    printf("%d\n", waitid(P_PID, (id_t)start(), NULL, WEXITED));
}

static void on_child(int number)
{
    int status, before = errno;
    (void)number;
    while (waitpid(-1, &status, WNOHANG) > 0)
        told = status + 1;
    errno = before;
}

static void by_handler(void)
{
    static char memory[16 << 10];
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
    sigset_t blocked, before;
    sigaltstack(&stack, NULL);
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = on_child, .sa_flags = SA_ONSTACK}, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    start();
    while (!told)
        sigsuspend(&before);
    say(told - 1);
}

static void *wait_in_thread(void *unused)
{
    (void)unused;
    by_waitpid();
    return NULL;
}

static void by_thread(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, wait_in_thread, NULL);
    pthread_join(thread, NULL);
}

static void *wait_for_ever(void *unused)
{
    int status;
    (void)unused;
    waitpid(-1, &status, 0);
    return NULL;
}

/* A thread is cancelled while it waits for a child, which is killed then. */
static void by_cancelled(void)
{
    pthread_t thread;
    void *result;
    int status;
    pid_t pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    pthread_create(&thread, NULL, wait_for_ever, NULL);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    printf("%d\n", result == PTHREAD_CANCELED);
    kill(pid, SIGABRT);
    waitpid(pid, &status, 0);
    say(status);
}

static void by_vfork(void)
{
    int status;
    pid_t pid = vfork();
    if (pid == 0) {
        execl(self, self, "self", how, NULL);
        _exit(97);
    }
    if (strcmp(how, "kill") == 0)
        kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    say(status);
}

static void by_spawn(void)
{
    int status;
    pid_t pid;
    char word[] = "self", *arguments[] = {self, word, strdup(how), NULL};
    posix_spawn(&pid, self, NULL, NULL, arguments, environ);
    if (strcmp(how, "kill") == 0)
        kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    say(status);
}

static const char *command(void)
{
    return strcmp(how, "abort") == 0   ? "kill -ABRT $$"
           : strcmp(how, "crash") == 0 ? "kill -SEGV $$"
           : strcmp(how, "kill") == 0  ? "kill -KILL $$"
                                       : "exit 3";
}

static void by_system(void)
{
    say(system(command()));
    printf("%d\n", system(NULL) != 0);
}

static void by_popen(void)
{
    say(pclose(popen(command(), "r")));
}

/* The one that knows has nothing else to report, and ends well. */
static void by_grandparent(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        by_waitpid();
        exit(0);
    }
    waitpid(pid, &status, 0);
    say(status);
}

/* ... and becomes another program. */
static void by_exec(void)
{
    by_waitpid();
    fflush(stdout);
    execl("/bin/true", "true", NULL);
}

/* A child that another one has died before: not its own. */
static void by_two(void)
{
    int status;
    by_waitpid();
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        exit(0);
    waitpid(pid, &status, 0);
    say(status);
    by_waitid();
}

/* The kernel forgets the child at once. */
static void by_ignored(void)
{
    int status = 7;
    signal(SIGCHLD, SIG_IGN);
    start();
    printf("%d ", wait(&status));
    printf("%d %d\n", errno == ECHILD, status);
}

static const struct {
    const char *name;
    void (*run)(void);
} ways[] = {
    {"wait", by_wait},
    {"waitpid", by_waitpid},
    {"wait3", by_wait3},
    {"wait4", by_wait4},
    {"waitid", by_waitid},
    {"nothing", by_nothing},
    {"waitid-nothing", by_waitid_nothing},
    {"handler", by_handler},
    {"thread", by_thread},
    {"cancelled", by_cancelled},
    {"vfork", by_vfork},
    {"spawn", by_spawn},
    {"system", by_system},
    {"popen", by_popen},
    {"grandparent", by_grandparent},
    {"exec", by_exec},
    {"two", by_two},
    {"ignored", by_ignored},
    {"self", end},
};

int main(int argc, char **argv)
{
    const struct rlimit no_core = {0, 0};
    if (argc < 3)
        return 90;
    setrlimit(RLIMIT_CORE, &no_core);
    self = argv[0];
    how = argv[2];
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(ways[i].name, argv[1]) == 0)
            return ways[i].run(), 0;
    return 91;
}
