// SPDX-License-Identifier: MIT
/*
 * A signal handler that gives memory back, in the middle of a dlclose if it comes so: a cache that
 * is dropped when its time is up. Whoever reads there meanwhile dies.
 *
 *   scan_handler handler|process      or a process that shares the memory does it
 */
#include "../observe.h"
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>

enum { CACHE = 800 << 10, ROUNDS = 60, STACK = 65536 };

static char *volatile cache;
static volatile unsigned delay;
static volatile int over;

static void drop(int number)
{
    char *dropped = cache;
    (void)number;
    cache = NULL;
    if (dropped)
        syscall(SYS_munmap, dropped, CACHE);
}

/* This task has no thread-local storage of its own. */
static int drop_beside(void *unused)
{
    (void)unused;
    while (!over) {
        struct timespec pause = {0, (long)delay * 1000};
        if (delay) {
            delay = 0;
            syscall(SYS_nanosleep, &pause, NULL);
            drop(0);
        }
    }
    syscall(SYS_exit, 0);
    return 0;
}

static void drop_after(unsigned microseconds, int beside)
{
    struct itimerval timer = {.it_value = {.tv_usec = (long)microseconds}};
    if (beside)
        delay = microseconds;
    else
        check(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

static void fill(void)
{
    char *filled = mmap(NULL, CACHE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(filled != MAP_FAILED);
    memset(filled, 1, CACHE);
    cache = filled;
}

int main(int argc, char **argv)
{
    static char stack[STACK];
    int beside = argc > 1 && strcmp(argv[1], "process") == 0;
    pid_t process =
        beside ? clone(drop_beside, stack + sizeof stack - 64, CLONE_VM | SIGCHLD, NULL) : 0;
    check(process >= 0 && signal(SIGALRM, drop) != SIG_ERR);
    for (unsigned round = 0; round < ROUNDS; round++) {
        void *handle = open_plugin("./leftover.so", RTLD_NOW);
        void (*leave)(int) = (void (*)(int))symbol(handle, "leave");
        leave(1);
        fill();
        drop_after(50 + round * 37 % 1500, beside);
        dlclose(handle);
        while (cache)
            usleep(100);
    }
    over = 1;
    if (beside)
        check(waitpid(process, NULL, 0) == process);
    return observe_status();
}
