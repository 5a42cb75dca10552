// SPDX-License-Identifier: MIT
/* pthread_exit from main: the process runs on until its last thread ends, with status 0. */
#include "../observe.h"
#include <pthread.h>

static pthread_key_t key;
static pthread_t main_thread;

static void destroy(void *value)
{
    say("destructor of main: %s\n", (const char *)value);
    free(value);
}

static void at_exit(void)
{
    say("exit handler, threads %d\n", count_threads());
}

static void *run(void *argument)
{
    pthread_join(main_thread, NULL);
    leave_something();
    say("last thread\n");
    return argument;
}

int main(void)
{
    pthread_t thread;
    main_thread = pthread_self();
    atexit(at_exit);
    check(pthread_key_create(&key, destroy) == 0);
    check(pthread_setspecific(key, strdup("a value")) == 0);
    check(pthread_create(&thread, NULL, run, NULL) == 0);
    pthread_detach(thread);
    pthread_exit(NULL);
}
