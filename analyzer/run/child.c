// SPDX-License-Identifier: MIT
#include "run/child.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* SIGPIPE: a reader of the report that exits must not change the exit status. */
static const int ignored_signals[] = {SIGINT, SIGQUIT, SIGPIPE};
static const int forwarded_signals[] = {SIGTERM, SIGHUP};

enum {
    IGNORED_COUNT = sizeof ignored_signals / sizeof *ignored_signals,
    FORWARDED_COUNT = sizeof forwarded_signals / sizeof *forwarded_signals,
};

/* The signal state that this process was started with and changes before the fork; the program gets
 * it back. */
struct signal_state {
    sigset_t mask;
    struct sigaction child;
};

static volatile sig_atomic_t child_pid;

static void forward(int number, siginfo_t *info, void *context)
{
    int saved_errno = errno;

    /* The kernel sends its own signals, a hang-up of the terminal, to the whole process group. */
    if (child_pid > 0 && info->si_code != SI_KERNEL)
        kill((pid_t)child_pid, number);
    errno = saved_errno;
}

/* All signals stay blocked until take_over() or give_back(), so that none can come in between. */
static void save_signals(struct signal_state *saved)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &saved->mask);
    sigaction(SIGCHLD, NULL, &saved->child);
}

static void take_over(const struct signal_state *saved, pid_t pid)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    const struct sigaction pass_on = {.sa_sigaction = forward, .sa_flags = SA_SIGINFO | SA_RESTART};

    child_pid = pid;
    for (int i = 0; i < IGNORED_COUNT; i++)
        sigaction(ignored_signals[i], &ignore, NULL);
    for (int i = 0; i < FORWARDED_COUNT; i++)
        sigaction(forwarded_signals[i], &pass_on, NULL);
    sigprocmask(SIG_SETMASK, &saved->mask, NULL);
}

static void give_back(const struct signal_state *saved)
{
    sigaction(SIGCHLD, &saved->child, NULL);
    sigprocmask(SIG_SETMASK, &saved->mask, NULL);
}

/* In the child: never returns. A failure is written to the pipe, which a successful exec closes. */
static void become_program(const struct child_plan *plan, const struct signal_state *saved,
                           int error_pipe)
{
    char *options = memory_format("%s:log_root=%ld", plan->options, (long)getpid());
    int error = 0;

    if ((plan->preload != NULL && setenv("LD_PRELOAD", plan->preload, 1) != 0) ||
        setenv("DLPIN_OPTIONS", options, 1) != 0)
        error = errno;
    give_back(saved);
    if (error == 0) {
        /* execvp() lets a shell read a file that the kernel cannot start. */
        if (plan->file != NULL)
            execv(plan->file, plan->argv);
        else
            execvp(plan->argv[0], plan->argv);
        error = errno;
    }
    while (write(error_pipe, &error, sizeof error) < 0 && errno == EINTR)
        continue;
    _exit(MEMORY_EXIT_STATUS);
}

static int read_exec_error(int error_pipe)
{
    int error = 0;
    ssize_t got;

    do {
        got = read(error_pipe, &error, sizeof error);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof error ? error : 0;
}

int child_run(const struct child_plan *plan, struct child_end *end)
{
    const struct sigaction wait_for_child = {.sa_handler = SIG_DFL};
    struct signal_state saved;
    int error_pipe[2], error;

    memset(end, 0, sizeof *end);
    if (pipe2(error_pipe, O_CLOEXEC) != 0)
        return -errno;
    save_signals(&saved);
    /* With SIGCHLD ignored, as some parents leave it, there would be no status to wait for. */
    sigaction(SIGCHLD, &wait_for_child, NULL);
    end->pid = fork();
    error = errno;
    if (end->pid == 0)
        become_program(plan, &saved, error_pipe[1]);
    close(error_pipe[1]);
    if (end->pid < 0) {
        give_back(&saved);
        close(error_pipe[0]);
        return -error;
    }
    take_over(&saved, end->pid);
    end->exec_error = read_exec_error(error_pipe[0]);
    close(error_pipe[0]);
    while (waitpid(end->pid, &end->status, 0) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    child_pid = 0;
    return 0;
}

void child_repeat_signal(int number)
{
    const struct rlimit no_core = {0, 0};
    sigset_t one;

    setrlimit(RLIMIT_CORE, &no_core);
    signal(number, SIG_DFL);
    sigemptyset(&one);
    sigaddset(&one, number);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    raise(number);
    /* A signal that does not kill cannot have been the end of the program; but it must end here. */
    _exit(128 + number);
}
