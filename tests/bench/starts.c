// SPDX-License-Identifier: MIT
/*
 * starts WHAT COUNT LIBRARY [PLUGIN…]: what it costs to start, to fork and to end where nothing is
 * loaded, or little.
 *
 *   start   /bin/true is started, with LIBRARY preloaded ("-": with none)
 *   fork    a fork, of a child that ends at once
 *   exec    a fork, of a child that becomes /bin/true
 *   end     SIGTERM is sent to a program that has opened the plug-ins and closes them at its end
 *
 * For fork and exec the program itself is preloaded. Prints the median of the processor time in
 * nanoseconds ("end": of the time until the process is reaped), and of the page faults.
 */
#include "measure.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COUNT_MAX = 10000, PLUGINS_MAX = 64 };

static char self[] = "/proc/self/exe";
static double times[COUNT_MAX], faults[COUNT_MAX];

static int64_t nanoseconds(struct timeval time)
{
    return (int64_t)time.tv_sec * 1000000000 + (int64_t)time.tv_usec * 1000;
}

static int64_t processor_time(const struct rusage *usage)
{
    return nanoseconds(usage->ru_utime) + nanoseconds(usage->ru_stime);
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void reap(pid_t child, struct rusage *usage)
{
    int status;
    if (wait4(child, &status, 0, usage) != child || status != 0) {
        (void)fprintf(stderr, "the child ended with status %d\n", status);
        exit(1);
    }
}

/* A child with a library preloaded, and our own options. */
static pid_t start(char **arguments, const char *library, int output)
{
    char preload[4096], options[4096];
    char *environment[] = {options, preload, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    const char *own_options = getenv("DLPIN_OPTIONS");
    (void)snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library);
    (void)snprintf(options, sizeof options, "DLPIN_OPTIONS=%s", own_options ? own_options : "");
    if (!strcmp(library, "-"))
        environment[1] = NULL;
    posix_spawn_file_actions_init(&actions);
    if (output >= 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if ((errno = posix_spawn(&child, arguments[0], &actions, NULL, arguments, environment)) != 0)
        fail(arguments[0]);
    posix_spawn_file_actions_destroy(&actions);
    return child;
}

static int64_t start_once(const char *library, struct rusage *usage)
{
    char *arguments[] = {(char[]){"/bin/true"}, NULL};
    reap(start(arguments, library, -1), usage);
    return processor_time(usage);
}

/* Of this process and its child. */
static int64_t fork_once(int execute, struct rusage *usage)
{
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    pid_t child = fork();
    if (child == 0) {
        if (execute)
            execl("/bin/true", "true", (char *)NULL);
        _exit(execute);
    }
    reap(child, usage);
    getrusage(RUSAGE_SELF, &after);
    usage->ru_minflt += after.ru_minflt - before.ru_minflt;
    return processor_time(usage) + processor_time(&after) - processor_time(&before);
}

static int64_t end_once(char **arguments, const char *library, struct rusage *usage)
{
    int pipes[2];
    char byte;
    if (pipe2(pipes, O_CLOEXEC) != 0)
        fail("pipe");
    pid_t child = start(arguments, library, pipes[1]);
    close(pipes[1]);
    if (read(pipes[0], &byte, 1) != 1)
        fail("read");
    int64_t begun = measure_now();
    kill(child, SIGTERM);
    reap(child, usage);
    close(pipes[0]);
    return measure_now() - begun;
}

/* The program that is ended: a server that closes its plug-ins when it is told to go. */
static int serve(char **plugins)
{
    void *handles[PLUGINS_MAX];
    unsigned count = 0;
    sigset_t set;
    int number;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (; plugins[count] && count < PLUGINS_MAX; count++)
        if (!(handles[count] = dlopen(plugins[count], RTLD_NOW)))
            return 1;
    if (write(STDOUT_FILENO, "r", 1) != 1)
        return 1;
    sigwait(&set, &number);
    while (count > 0)
        dlclose(handles[--count]);
    return 0;
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, measure_compare);
    return values[count / 2];
}

int main(int count, char **arguments)
{
    if (count > 1 && !strcmp(arguments[1], "serve"))
        return serve(arguments + 2);
    int turns = count > 3 ? atoi(arguments[2]) : 0;
    if (turns < 1 || turns > COUNT_MAX)
        return 2;
    const char *what = arguments[1], *library = arguments[3];
    arguments[2] = self;
    arguments[3] = (char[]){"serve"};
    for (int i = 0; i < turns; i++) {
        struct rusage usage = {0};
        if (!strcmp(what, "start"))
            times[i] = (double)start_once(library, &usage);
        else if (!strcmp(what, "end"))
            times[i] = (double)end_once(arguments + 2, library, &usage);
        else
            times[i] = (double)fork_once(!strcmp(what, "exec"), &usage);
        faults[i] = (double)usage.ru_minflt;
    }
    printf("result %.0f\nfaults %.0f\n", median(times, turns), median(faults, turns));
    return 0;
}
