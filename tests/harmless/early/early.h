// SPDX-License-Identifier: MIT
/* Everything that the shim stands before, for code that runs before any constructor of ours. */
#pragma once

#include "../observe.h"
#include <malloc.h>
#include <pthread.h>

struct early {
    int allocated;
    int key_error;
    int set_error;
    int thread_error;
    void *block;
    void *result;
    pthread_key_t key;
};

static inline void *early_run(void *argument)
{
    free(strdup("in an early thread"));
    return argument;
}

static inline void early_allocate(struct early *early)
{
    early->block = malloc(100);
    early->block = realloc(early->block, 1000);
    void *others[4] = {calloc(3, 5), memalign(64, 10), strdup("through libc"), NULL};
    if (posix_memalign(&others[3], 32, 70) != 0)
        others[3] = NULL;
    for (int at = 0; at < 4; at++) {
        early->allocated += others[at] != NULL;
        free(others[at]);
    }
    early->allocated += early->block != NULL;
}

static inline void early_do(struct early *early)
{
    pthread_t thread;
    early_allocate(early);
    early->key_error = pthread_key_create(&early->key, NULL);
    early->set_error = pthread_setspecific(early->key, early);
    early->thread_error = pthread_create(&thread, NULL, early_run, early);
    if (!early->thread_error)
        pthread_join(thread, &early->result);
}

static inline void early_say(const char *name, struct early *early)
{
    say("%s: %d blocks, key %s, value %s, thread %s, result %s\n", name, early->allocated,
        error_name(early->key_error), error_name(early->set_error), error_name(early->thread_error),
        early->result == early ? "right" : "wrong");
    check(early->allocated == 5);
    check(pthread_getspecific(early->key) == early);
    check(malloc_usable_size(early->block) >= 1000);
    free(early->block);
    check(pthread_key_delete(early->key) == 0);
}
