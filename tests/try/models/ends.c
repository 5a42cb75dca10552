// SPDX-License-Identifier: MIT
/* Ends its process, or holds it up. Each library that is made of this does one of these. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(KILLS)
__attribute__((constructor)) static void start(void)
{
    raise(SIGSEGV);
}
#elif defined(KILLS_AT_CLOSE)
__attribute__((destructor)) static void stop(void)
{
    raise(SIGABRT);
}
#elif defined(EXITS)
__attribute__((constructor)) static void start(void)
{
    _exit(3);
}
#elif defined(EXITS_AT_CLOSE)
__attribute__((destructor)) static void stop(void)
{
    _exit(0);
}
#elif defined(HANGS)
__attribute__((constructor)) static void start(void)
{
    for (;;)
        pause();
}
#elif defined(HANGS_AT_CLOSE)
__attribute__((destructor)) static void stop(void)
{
    for (;;)
        pause();
}
#elif defined(PRINTS)
__attribute__((constructor)) static void start(void)
{
    puts("hello from \033[31mthe library");
    fflush(stdout);
}
#elif defined(READS)
/* Ends well only where there is nothing to be read, a folder to write into, and no terminal. */
__attribute__((constructor)) static void start(void)
{
    FILE *file = fopen("left-here", "w");

    if (getchar() != EOF || file == NULL || getsid(0) != getpid())
        raise(SIGKILL);
    fclose(file);
}
#elif defined(FORKS)
/* Leaves a process that holds all that it has inherited. */
__attribute__((constructor)) static void start(void)
{
    if (fork() != 0)
        return;
    for (;;)
        pause();
}
#endif
