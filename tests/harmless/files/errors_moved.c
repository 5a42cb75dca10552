// SPDX-License-Identifier: MIT
/*
 * "A file descriptor is only written if it is still the file that it was": standard error is closed
 * late, is a pipe without a reader, or points into the program's own data file.
 */
#include "../observe.h"

static volatile sig_atomic_t broken_pipes;

static void count(int number)
{
    (void)number;
    broken_pipes++;
}

int main(void)
{
    int ends[2];
    int kept = fcntl(2, F_DUPFD_CLOEXEC, 200);
    leave_something();
    close(2);
    leave_something();
    int file = open("data.txt", O_CREAT | O_RDWR, 0600);
    check(file == 2);
    check(write(file, "data\n", 5) == 5);
    leave_something();
    check(write(file, "more data\n", 10) == 10);
    close(2);

    signal(SIGPIPE, count);
    check(pipe(ends) == 0);
    say("pipe %d %d\n", ends[0], ends[1]);
    dup2(ends[1], 2);
    close(ends[0]);
    leave_something();
    signal(SIGPIPE, SIG_DFL);
    leave_something();
    say("broken pipes: %d\n", (int)broken_pipes);

    dup2(kept, 2);
    leave_something();
    return observe_status();
}
