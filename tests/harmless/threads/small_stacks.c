// SPDX-License-Identifier: MIT
/*
 * Threads with the smallest stack that the C library allows, and handlers on a small alternate
 * stack, do everything that the shim stands before.
 */
#include "../observe.h"
#include <limits.h>
#include <pthread.h>

static pthread_key_t key;
static volatile sig_atomic_t handled;

static void *end(void *argument)
{
    return argument;
}

static void do_everything(void)
{
    pthread_key_t own;
    free(realloc(malloc(20), 200));
    free(strdup("through libc"));
    void *block = NULL;
    if (posix_memalign(&block, 64, 100) == 0)
        free(block);
    if (pthread_key_create(&own, free) != 0)
        return;
    pthread_setspecific(own, NULL);
    pthread_key_delete(own);
}

static void *run(void *argument)
{
    pthread_t thread;
    do_everything();
    check(pthread_setspecific(key, malloc(40)) == 0);
    check(pthread_create(&thread, NULL, end, NULL) == 0);
    check(pthread_join(thread, NULL) == 0);
    void *handle = dlopen("./quiet.so", RTLD_NOW);
    check(handle && dlclose(handle) == 0);
    return argument;
}

static void handle_signal(int number)
{
    (void)number;
    do_everything();
    handled++;
}

int main(void)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    check(pthread_key_create(&key, free) == 0);
    check(pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN) == 0);
    for (int round = 0; round < 20; round++) {
        pthread_t thread;
        check(pthread_create(&thread, &attributes, run, NULL) == 0);
        check(pthread_join(thread, NULL) == 0);
    }
    stack_t stack = {.ss_sp = malloc((size_t)MINSIGSTKSZ + 2048), .ss_size = MINSIGSTKSZ + 2048};
    struct sigaction action = {.sa_handler = handle_signal, .sa_flags = SA_ONSTACK};
    check(sigaltstack(&stack, NULL) == 0);
    check(sigaction(SIGUSR1, &action, NULL) == 0);
    for (int round = 0; round < 100; round++)
        raise(SIGUSR1);
    say("handled %d\n", (int)handled);
    return observe_status();
}
