// SPDX-License-Identifier: MIT
/*
 * "Same exit status": a program that may not write files any more (RLIMIT_FSIZE) is not killed by
 * SIGXFSZ for what we write, and sees no such signal.
 */
#include "../observe.h"
#include <sys/resource.h>

static volatile sig_atomic_t seen;

static void count(int number)
{
    (void)number;
    seen++;
}

int main(void)
{
    struct rlimit none = {0, 0};
    sigset_t pending;
    check(setrlimit(RLIMIT_FSIZE, &none) == 0);
    leave_something();
    signal(SIGXFSZ, count);
    leave_something();
    sigpending(&pending);
    say("seen %d, pending %d\n", (int)seen, sigismember(&pending, SIGXFSZ));
    signal(SIGXFSZ, SIG_DFL);
    leave_something();
    return observe_status();
}
