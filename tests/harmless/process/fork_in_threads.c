// SPDX-License-Identifier: MIT
/* "No deadlock … in fork": four threads fork at the same time, again and again, as tshark does to
 * ask its helpers. Half of the children fork once more. */
#include "../observe.h"
#include <pthread.h>

enum { THREADS = 4, ROUNDS = 250 };

static int child(int round)
{
    int status = 0;
    int pid = round % 2 ? fork() : 0;
    free(malloc(100));
    if (pid > 0 && waitpid(pid, &status, 0) != pid)
        return 100;
    return pid < 0 || status ? 101 : round % 50;
}

static void *work(void *wrong)
{
    for (int round = 0; round < ROUNDS; round++) {
        int status = 0;
        int pid = fork();
        if (pid == 0)
            _exit(child(round) == round % 50 ? 0 : 1);
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
            ++*(int *)wrong;
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    int wrong[THREADS] = {0}, sum = 0;
    leave_something();
    for (int at = 0; at < THREADS; at++)
        check(pthread_create(&threads[at], NULL, work, &wrong[at]) == 0);
    for (int at = 0; at < THREADS; at++) {
        pthread_join(threads[at], NULL);
        sum += wrong[at];
    }
    say("wrong: %d\n", sum);
    check(sum == 0);
    return observe_status();
}
