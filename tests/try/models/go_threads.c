// SPDX-License-Identifier: MIT
/* The run time of Go in a shared library: threads that run it for ever. Go links such a library
 * with -z nodelete, as its tidy twin here is. */
#include <pthread.h>
#include <unistd.h>

static void *run(void *argument)
{
    for (;;)
        pause();
    return argument;
}

__attribute__((constructor)) static void start(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, run, NULL);
    pthread_detach(thread);
}
