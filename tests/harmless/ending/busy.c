// SPDX-License-Identifier: MIT
/*
 * "No deadlock … at exit, or with threads running while the process exits": threads open and close
 * plug-ins, allocate, make keys and threads while the program leaves in each way, many times over.
 */
#include "../observe.h"
#include <pthread.h>

static void *end(void *argument)
{
    return argument;
}

static void *open_and_close(void *argument)
{
    for (;;) {
        void *handle = dlopen("./quiet.so", RTLD_NOW);
        if (handle)
            dlclose(handle);
    }
    return argument;
}

static void *allocate(void *argument)
{
    for (;;) {
        free(realloc(malloc(100), 1000));
        free(strdup("through libc"));
    }
    return argument;
}

static void *make(void *argument)
{
    for (;;) {
        pthread_key_t key;
        pthread_t thread;
        if (pthread_key_create(&key, free) == 0) {
            pthread_setspecific(key, NULL);
            pthread_key_delete(key);
        }
        if (pthread_create(&thread, NULL, end, NULL) == 0)
            pthread_join(thread, NULL);
    }
    return argument;
}

static void leave_by(int way)
{
    if (way == 0)
        exit(7);
    if (way == 1)
        _exit(8);
    if (way == 2)
        quick_exit(9);
    if (way == 3)
        raise(SIGTERM);
    abort();
}

int main(void)
{
    static void *(*const work[])(void *) = {open_and_close, open_and_close, allocate, make};
    for (int round = 0; round < 50; round++) {
        int status = 0;
        int pid = fork();
        if (pid == 0) {
            for (unsigned at = 0; at < sizeof work / sizeof *work; at++) {
                pthread_t thread;
                pthread_create(&thread, NULL, work[at], NULL);
            }
            usleep((useconds_t)(2000 + round * 37 % 4000));
            leave_by(round % 5);
        }
        check(waitpid(pid, &status, 0) == pid);
        say("%d: %s\n", round % 5, status_text(status));
    }
    return observe_status();
}
