// SPDX-License-Identifier: MIT
/*
 * Cancellation, deferred and asynchronous, and pthread_exit: clean-up handlers run in their order,
 * the results are the same, and no lock of ours stays taken.
 */
#include "../observe.h"
#include <pthread.h>
#include <semaphore.h>

static sem_t ready;
static volatile unsigned long spins;
static int mode;

static void clean(void *label)
{
    say("  clean-up %s\n", (const char *)label);
    free(malloc(100));
}

static void *wait_here(void *argument)
{
    pthread_cleanup_push(clean, (void *)"outer");
    pthread_cleanup_push(clean, (void *)"inner");
    sem_post(&ready);
    while (mode == 0)
        pause();
    if (mode == 1) {
        pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
        for (;;)
            spins++;
    }
    if (mode == 2)
        pthread_exit((void *)"exited");
    if (mode == 3)
        for (;;) {
            free(malloc(50));
            pthread_testcancel();
        }
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(1);
    return argument;
}

static void try_mode(const char *name)
{
    pthread_t thread;
    void *result = NULL;
    say("%s\n", name);
    check(pthread_create(&thread, NULL, wait_here, (void *)"returned") == 0);
    sem_wait(&ready);
    if (mode != 2 && mode != 4)
        check(pthread_cancel(thread) == 0);
    check(pthread_join(thread, &result) == 0);
    say("  %s\n", result == PTHREAD_CANCELED ? "cancelled" : (const char *)result);
}

/* Cancelled wherever it is, in the functions that the shim stands before, too. */
static void *work(void *argument)
{
    pthread_key_t key;
    sem_post(&ready);
    for (;;) {
        free(realloc(malloc(20), 200));
        if (pthread_key_create(&key, free) == 0) {
            pthread_setspecific(key, NULL);
            pthread_key_delete(key);
        }
        pthread_testcancel();
        usleep(10);
    }
    return argument;
}

int main(void)
{
    sem_init(&ready, 0, 0);
    static const char *const names[] = {"deferred", "asynchronous", "exit", "allocating", "return"};
    for (mode = 0; mode < 5; mode++)
        try_mode(names[mode]);
    for (int round = 0; round < 200; round++) {
        pthread_t thread;
        void *result = NULL;
        check(pthread_create(&thread, NULL, work, NULL) == 0);
        sem_wait(&ready);
        check(pthread_cancel(thread) == 0);
        check(pthread_join(thread, &result) == 0);
        check(result == PTHREAD_CANCELED);
    }
    leave_something();
    say("threads: %d\n", count_threads());
    return observe_status();
}
