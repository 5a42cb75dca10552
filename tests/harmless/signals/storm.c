// SPDX-License-Identifier: MIT
/*
 * "No deadlock … in signal handlers": signals come all the time, in whatever the program is doing
 * with plug-ins, keys, blocks and threads; the handler does what a handler may: write, _Fork,
 * _exit, wait.
 */
#include "../observe.h"
#include <pthread.h>
#include <sys/time.h>

static volatile sig_atomic_t handled;
static volatile sig_atomic_t wrong;

static void handle_signal(int number)
{
    int before = errno;
    handled++;
    if (handled % 20 == 0) {
        int status = 0;
        int pid = _Fork();
        if (pid == 0)
            _exit(number);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != number)
            wrong++;
    }
    errno = before;
}

static void *end(void *argument)
{
    return argument;
}

static void do_everything(void)
{
    pthread_key_t key;
    pthread_t thread;
    void *handle = open_plugin("./quiet.so", RTLD_NOW);
    check(pthread_key_create(&key, free) == 0);
    check(pthread_setspecific(key, malloc(30)) == 0);
    free(realloc(malloc(100), 1000));
    free(strdup("through libc"));
    check(pthread_create(&thread, NULL, end, NULL) == 0);
    check(pthread_join(thread, NULL) == 0);
    free(pthread_getspecific(key));
    check(pthread_setspecific(key, NULL) == 0);
    check(pthread_key_delete(key) == 0);
    check(dlclose(handle) == 0);
}

int main(void)
{
    struct sigaction action = {.sa_handler = handle_signal, .sa_flags = SA_RESTART};
    struct itimerval often = {{0, 500}, {0, 500}};
    struct itimerval never = {{0, 0}, {0, 0}};
    check(sigaction(SIGALRM, &action, NULL) == 0);
    check(setitimer(ITIMER_REAL, &often, NULL) == 0);
    while (handled < 600)
        do_everything();
    check(setitimer(ITIMER_REAL, &never, NULL) == 0);
    say("wrong: %d\n", (int)wrong);
    check(!is_mapped("quiet.so"));
    return observe_status();
}
