// SPDX-License-Identifier: MIT
/*
 * No deadlock: standard error is a pipe that is full, and whoever has its other end (here the
 * program itself) reads it only later. A program that writes nothing there does not wait; nor may
 * it for us.
 */
#include "../observe.h"

int main(void)
{
    static char text[4096];
    int ends[2];
    long got = 0;
    check(pipe(ends) == 0);
    check(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
    while (write(ends[1], text, sizeof text) > 0)
        ;
    check(fcntl(ends[1], F_SETFL, 0) == 0);
    check(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
    close(ends[1]);
    leave_something();
    say("not blocked, flags %d\n", fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK);
    close(STDERR_FILENO);
    for (ssize_t count; (count = read(ends[0], text, sizeof text)) > 0;)
        got += count;
    say("in the pipe: %ld\n", got);
    return observe_status();
}
