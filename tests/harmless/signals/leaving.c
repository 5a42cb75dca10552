// SPDX-License-Identifier: MIT
/*
 * "No deadlock … in signal handlers, … at exit": a signal comes at any moment, in the middle of
 * what the shim does, too, and its handler leaves by what a handler may call, or there is none and
 * it kills.
 */
#include "../observe.h"
#include <pthread.h>
#include <sys/time.h>

static const char *way;

static void leave_by(int number)
{
    (void)number;
    if (strcmp(way, "_exit") == 0)
        _exit(21);
    if (strcmp(way, "execve") == 0) {
        static char *arguments[] = {(char *)"true", NULL};
        static char *variables[] = {NULL};
        execve("/bin/true", arguments, variables);
    }
    if (strcmp(way, "fork") == 0) {
        int status = 0;
        int pid = _Fork();
        if (pid == 0)
            _exit(22);
        waitpid(pid, &status, 0);
        _exit(WEXITSTATUS(status));
    }
    abort();
}

static void *end(void *argument)
{
    free(strdup("in a thread"));
    return argument;
}

static void do_everything(void)
{
    pthread_key_t key;
    pthread_t thread;
    void *handle = open_plugin("./quiet.so", RTLD_NOW);
    check(pthread_key_create(&key, free) == 0);
    check(pthread_setspecific(key, strdup("through libc")) == 0);
    free(realloc(malloc(100), 1000));
    check(pthread_create(&thread, NULL, end, NULL) == 0);
    pthread_join(thread, NULL);
    free(pthread_getspecific(key));
    check(pthread_key_delete(key) == 0);
    check(dlclose(handle) == 0);
}

static void try_way(int round)
{
    int status = 0;
    int pid = fork();
    if (pid == 0) {
        struct itimerval once = {{0, 0}, {0, 500 + round * 173 % 3000}};
        struct sigaction action = {.sa_handler = leave_by};
        struct sigaction late = {.sa_handler = SIG_DFL};
        if (strcmp(way, "killed") != 0)
            sigaction(SIGALRM, &action, NULL);
        sigaction(SIGPROF, &late, NULL);
        setitimer(ITIMER_REAL, &once, NULL);
        for (;;)
            do_everything();
    }
    check(waitpid(pid, &status, 0) == pid);
    say("%s: %s\n", way, status_text(status));
}

int main(void)
{
    static const char *const ways[] = {"_exit", "execve", "fork", "abort", "killed"};
    for (int round = 0; round < 60; round++) {
        way = ways[round % 5];
        try_way(round);
    }
    return observe_status();
}
