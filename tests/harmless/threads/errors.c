// SPDX-License-Identifier: MIT
/* "Same errno": what pthread_create and its like return where they fail, and what they then leave.
 */
#include "../observe.h"
#include <limits.h>
#include <pthread.h>
#include <sys/mman.h>
#include <threads.h>

static void *run(void *argument)
{
    return argument;
}

static void *join_self(void *argument)
{
    say("joining oneself: %s\n", error_name(pthread_join(pthread_self(), NULL)));
    return argument;
}

static void try_attributes(const char *what, const pthread_attr_t *attributes)
{
    pthread_t thread = 0;
    errno = ENOTBLK;
    int error = pthread_create(&thread, attributes, run, NULL);
    say("%s: %s, errno %s, thread %s\n", what, error_name(error), error_name(errno),
        thread ? "set" : "not set");
    if (!error)
        check(pthread_join(thread, NULL) == 0);
}

int main(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    try_attributes("no attributes", NULL);
    try_attributes("default attributes", &attributes);

    say("too small: %s\n", error_name(pthread_attr_setstacksize(&attributes, 100)));
    pthread_attr_setstacksize(&attributes, (size_t)1 << 50);
    try_attributes("a stack that is too large", &attributes);
    pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN);
    pthread_attr_setguardsize(&attributes, 1 << 20);
    try_attributes("a guard larger than the stack", &attributes);
    pthread_attr_destroy(&attributes);

    struct sched_param parameters = {.sched_priority = 1000};
    pthread_attr_init(&attributes);
    pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
    say("a bad priority: %s\n", error_name(pthread_attr_setschedparam(&attributes, &parameters)));
    pthread_attr_destroy(&attributes);

    check(pthread_create(&thread, NULL, join_self, NULL) == 0);
    pthread_join(thread, NULL);
    check(pthread_create(&thread, NULL, run, NULL) == 0);
    say("detach: %s\n", error_name(pthread_detach(thread)));
    say("threads %d at most 2\n", count_threads() <= 2 ? 2 : count_threads());

    thrd_t other;
    int result = 0;
    check(thrd_create(&other, (thrd_start_t)(void (*)(void))run, NULL) == thrd_success);
    say("thrd_join: %d\n", thrd_join(other, &result));
    return observe_status();
}
