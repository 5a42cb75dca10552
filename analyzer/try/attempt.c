// SPDX-License-Identifier: MIT
#include "try/attempt.h"

#include "base/memory.h"
#include "run/environment.h"
#include "try/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PRINTED_KEPT = 512, MILLISECONDS = 1000 };

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * MILLISECONDS + time.tv_nsec / 1000000;
}

static char *progress_path(const struct attempt *attempt)
{
    return memory_format("%s/progress", attempt->folder);
}

/* A driver of the user gets the library and the number of loads, ours all the rest too. */
static char **arguments_of(const struct attempt_plan *plan, const struct trial *trial,
                           enum try_mode mode, const struct attempt *attempt)
{
    char **argv = NULL;
    size_t count = 0;

    ARRAY_PUSH(argv, count, memory_string(plan->driver));
    ARRAY_PUSH(argv, count, memory_string(trial->path));
    ARRAY_PUSH(argv, count, memory_format("%ld", plan->plan->loads));
    if (plan->plan->driver == NULL) {
        ARRAY_PUSH(argv, count, memory_string(try_mode_name(mode)));
        ARRAY_PUSH(argv, count, progress_path(attempt));
        for (size_t i = 0; i < plan->plan->word_count; i++)
            ARRAY_PUSH(argv, count, memory_string(plan->plan->words[i]));
    }
    ARRAY_PUSH(argv, count, NULL);
    return argv;
}

static void free_arguments(char **argv)
{
    for (char **argument = argv; *argument != NULL; argument++)
        free(*argument);
    free(argv);
}

/* In the child, all of it: 0, or an errno. */
static int settle(const struct attempt_plan *plan, const struct running *running, int output)
{
    const struct rlimit no_core = {0, 0};
    const struct environment_choices choices = {.extra = plan->extra, .trace_children = true};
    char *options = environment_options(&choices, running->attempt->folder);
    char *rooted = memory_format("%s:log_root=%ld", options, (long)getpid());
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_CORE, &no_core);
    setsid();
    if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 ||
        chdir(running->work) != 0 || setenv("LD_PRELOAD", plan->preload, 1) != 0 ||
        setenv("DLPIN_OPTIONS", rooted, 1) != 0)
        return errno;
    return 0;
}

static void become_driver(const struct attempt_plan *plan, const struct running *running,
                          char **argv, int output, int error_pipe)
{
    int error = settle(plan, running, output);

    if (error == 0) {
        sigprocmask(SIG_SETMASK, &plan->mask, NULL);
        execvp(argv[0], argv);
        error = errno;
    }
    while (write(error_pipe, &error, sizeof error) < 0 && errno == EINTR)
        continue;
    _exit(MEMORY_EXIT_STATUS);
}

static int read_error(int error_pipe)
{
    int error = 0;
    ssize_t got;

    do {
        got = read(error_pipe, &error, sizeof error);
    } while (got < 0 && errno == EINTR);
    close(error_pipe);
    return got == (ssize_t)sizeof error ? error : 0;
}

static bool make_folders(struct running *running, const char *folder)
{
    running->attempt->folder = memory_string(folder);
    running->work = memory_format("%s/work", folder);
    return mkdir(folder, 0700) == 0 && mkdir(running->work, 0700) == 0;
}

/* Both pipes, or none of them. */
static bool make_pipes(int output[2], int errors[2])
{
    if (pipe2(output, O_CLOEXEC) != 0)
        return false;
    if (pipe2(errors, O_CLOEXEC) == 0)
        return true;
    close(output[0]);
    close(output[1]);
    return false;
}

static bool start(struct running *running, const struct attempt_plan *plan, char **argv)
{
    int output[2], errors[2];

    if (!make_pipes(output, errors))
        return false;
    running->pid = fork();
    if (running->pid == 0)
        become_driver(plan, running, argv, output[1], errors[1]);
    close(output[1]);
    close(errors[1]);
    if (running->pid < 0) {
        running->pid = 0;
        close(output[0]);
        close(errors[0]);
        return false;
    }
    running->attempt->error = read_error(errors[0]);
    running->output = output[0];
    fcntl(running->output, F_SETFL, O_NONBLOCK);
    running->deadline = now() + plan->plan->seconds * MILLISECONDS;
    return true;
}

bool attempt_start(struct running *running, const struct attempt_plan *plan,
                   const struct trial *trial, enum try_mode mode, struct attempt *attempt,
                   const char *folder)
{
    bool started;

    *running = (struct running){.attempt = attempt};
    attempt->made = true;
    started = make_folders(running, folder);
    if (started) {
        char **argv = arguments_of(plan, trial, mode, attempt);

        started = start(running, plan, argv);
        attempt->error = started ? attempt->error : errno;
        free_arguments(argv);
    } else {
        attempt->error = errno;
    }
    if (!started)
        free(running->work);
    return started;
}

static void keep_printed(struct attempt *attempt, const char *text, size_t length)
{
    if (attempt->printed == NULL)
        attempt->printed = memory_zeroed(PRINTED_KEPT + 1);
    if (attempt->printed_bytes < PRINTED_KEPT) {
        size_t room = PRINTED_KEPT - attempt->printed_bytes;

        memcpy(attempt->printed + attempt->printed_bytes, text, length < room ? length : room);
    }
    attempt->printed_bytes += length;
}

bool attempt_listen(struct running *running)
{
    char text[4096];
    ssize_t got = read(running->output, text, sizeof text);

    if (got > 0)
        keep_printed(running->attempt, text, (size_t)got);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

void attempt_kill(struct running *running)
{
    kill(-running->pid, SIGKILL);
    kill(running->pid, SIGKILL);
}

/* Reads what is in the pipe by now, as far as it is kept. A process that the attempt left behind
 * may still write. */
static void listen_to_the_end(struct running *running)
{
    size_t before;

    if (running->output < 0)
        return;
    do {
        before = running->attempt->printed_bytes;
    } while (attempt_listen(running) && running->attempt->printed_bytes > before &&
             before < PRINTED_KEPT);
    close(running->output);
}

bool attempt_reap(struct running *running)
{
    siginfo_t info = {0};
    char *path;

    if (waitid(P_PID, (id_t)running->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0)
        return false;
    /* Its number still stands for it: nobody else can be meant. */
    kill(-running->pid, SIGKILL);
    waitpid(running->pid, &running->attempt->status, 0);
    listen_to_the_end(running);
    path = progress_path(running->attempt);
    reached_read(&running->attempt->progress, path);
    unlink(path);
    free(path);
    folder_remove(running->work);
    free(running->work);
    *running = (struct running){0};
    return true;
}
