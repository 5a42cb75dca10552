// SPDX-License-Identifier: MIT
/*
 * "No deadlock … in signal handlers": a handler that allocates, where the signal interrupts code
 * that does not, works without the shim and must go on to work.
 */
#include "../observe.h"
#include <sys/time.h>

static volatile sig_atomic_t handled;
static volatile unsigned long work;

static void allocate(int number)
{
    int before = errno;
    char *block = malloc((size_t)number + 10);
    block = realloc(block, 1000);
    free(block);
    free(strdup("in the handler"));
    handled++;
    errno = before;
}

int main(void)
{
    struct sigaction action = {.sa_handler = allocate};
    struct itimerval often = {{0, 1000}, {0, 1000}};
    struct itimerval never = {{0, 0}, {0, 0}};
    check(sigaction(SIGALRM, &action, NULL) == 0);
    check(sigaction(SIGUSR1, &action, NULL) == 0);
    for (int round = 0; round < 1000; round++)
        raise(SIGUSR1);
    check(handled == 1000);
    check(setitimer(ITIMER_REAL, &often, NULL) == 0);
    while (handled < 1300)
        work++;
    check(setitimer(ITIMER_REAL, &never, NULL) == 0);
    say("done\n");
    return observe_status();
}
