// SPDX-License-Identifier: MIT
/* No thread of our own, at no time; and each thread of the program has what it has without us. */
#include "../observe.h"
#include <pthread.h>
#include <sched.h>

static void *describe(void *label)
{
    pthread_attr_t attributes;
    size_t stack = 0;
    size_t guard = 0;
    void *base = NULL;
    char name[16];
    sigset_t blocked;
    int state;
    check(pthread_getattr_np(pthread_self(), &attributes) == 0);
    pthread_attr_getstack(&attributes, &base, &stack);
    pthread_attr_getguardsize(&attributes, &guard);
    int detached = -1;
    pthread_attr_getdetachstate(&attributes, &detached);
    pthread_attr_destroy(&attributes);
    check((char *)&state > (char *)base && (char *)&state < (char *)base + stack);
    pthread_getname_np(pthread_self(), name, sizeof name);
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    say("%s: stack %zu, guard %zu, detached %d, name %s, policy %d, SIGUSR1 %s, SIGTERM %s\n",
        (const char *)label, stack, guard, detached, name, sched_getscheduler(0),
        sigismember(&blocked, SIGUSR1) ? "blocked" : "open",
        sigismember(&blocked, SIGTERM) ? "blocked" : "open");
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    say("  cancel state %d", state);
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &state);
    say(", type %d, threads %d\n", state, count_threads());
    return label;
}

static void run(const char *label, const pthread_attr_t *attributes)
{
    pthread_t thread;
    void *result = NULL;
    check(pthread_create(&thread, attributes, describe, (void *)label) == 0);
    check(pthread_join(thread, &result) == 0);
    check(result == (void *)label);
}

int main(void)
{
    pthread_attr_t attributes;
    sigset_t block;
    say("at the start: %d\n", count_threads());
    run("plain", NULL);

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 200000);
    pthread_attr_setguardsize(&attributes, 8192);
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    run("with attributes", &attributes);
    pthread_attr_setsigmask_np(&attributes, &block);
    run("with a mask", &attributes);
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_BLOCK, &block, NULL);
    run("with an inherited mask", NULL);

    leave_something();
    say("after a plug-in: %d\n", count_threads());
    for (int round = 0; round < 50; round++) {
        leave_something();
        run("after another one", NULL);
        check(count_threads() == 1);
    }
    return observe_status();
}
