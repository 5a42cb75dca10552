// SPDX-License-Identifier: MIT
/* daemon(3): the parent ends with 0, the child runs on without descriptors of ours, and does its
 * work. */
#include "../observe.h"
#include <pthread.h>

static void *run(void *argument)
{
    leave_something();
    return argument;
}

int main(void)
{
    int ends[2];
    char text[200] = "";
    check(pipe(ends) == 0);
    int first = fork();
    if (first == 0) {
        check(daemon(1, 0) == 0);
        pthread_t thread;
        pthread_create(&thread, NULL, run, NULL);
        pthread_join(thread, NULL);
        char line[100];
        int length =
            snprintf(line, sizeof line, "daemon: threads %d, leader %s, next descriptor %d",
                     count_threads(), getsid(0) == getpid() ? "yes" : "no", dup(0));
        exit(write(ends[1], line, (size_t)length) == length ? 0 : 1);
    }
    int status = 0;
    close(ends[1]);
    check(waitpid(first, &status, 0) == first);
    say("parent of the daemon: %s\n", status_text(status));
    ssize_t got = read(ends[0], text, sizeof text - 1);
    say("%s\n", got > 0 ? text : "FAILED: nothing from the daemon");
    say("end: %zd\n", read(ends[0], text, sizeof text));
    return observe_status();
}
