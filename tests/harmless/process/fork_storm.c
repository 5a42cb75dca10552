// SPDX-License-Identifier: MIT
/*
 * "No deadlock … in fork": while threads allocate, make keys and start threads, the program forks
 * 200 times; each child allocates, makes keys, starts a thread, opens a plug-in, and ends as it
 * should.
 */
#include "../observe.h"
#include <pthread.h>

static volatile int stop;

static void *end(void *argument)
{
    return argument;
}

static void *work(void *argument)
{
    while (!stop) {
        pthread_key_t key;
        pthread_t thread;
        free(realloc(malloc(50), 500));
        free(strdup("through libc"));
        if (pthread_key_create(&key, free) == 0) {
            pthread_setspecific(key, malloc(20));
            free(pthread_getspecific(key));
            pthread_setspecific(key, NULL);
            pthread_key_delete(key);
        }
        if (argument && pthread_create(&thread, NULL, end, NULL) == 0)
            pthread_join(thread, NULL);
    }
    return NULL;
}

static int child(int round)
{
    pthread_t thread;
    pthread_key_t key;
    void *block = malloc(1000);
    free(realloc(block, 3000));
    check(pthread_key_create(&key, free) == 0);
    check(pthread_setspecific(key, strdup("of the child")) == 0);
    check(pthread_create(&thread, NULL, end, NULL) == 0);
    check(pthread_join(thread, NULL) == 0);
    if (round % 4 == 0)
        leave_something();
    check(count_threads() == 1);
    return observe_failures ? 1 : round % 50;
}

int main(void)
{
    pthread_t threads[3];
    int wrong = 0;
    for (int at = 0; at < 3; at++)
        check(pthread_create(&threads[at], NULL, work, at ? NULL : &wrong) == 0);
    for (int round = 0; round < 200; round++) {
        int status = 0;
        int pid = fork();
        if (pid == 0) {
            if (round % 2)
                _exit(child(round));
            exit(child(round));
        }
        check(pid > 0);
        check(waitpid(pid, &status, 0) == pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != round % 50) {
            say("child %d: %s\n", round, status_text(status));
            wrong++;
        }
    }
    stop = 1;
    for (int at = 0; at < 3; at++)
        pthread_join(threads[at], NULL);
    say("wrong: %d\n", wrong);
    check(wrong == 0);
    return observe_status();
}
