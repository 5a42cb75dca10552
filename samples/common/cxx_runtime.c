// SPDX-License-Identifier: MIT
#include "cxx_runtime.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

struct globals {
    void *caught;
    unsigned uncaught;
};

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static runtime_handler *terminate_handler = abort;

static void end(void *globals)
{
    free(globals);
}

static void make_key(void)
{
    pthread_key_create(&key, end);
}

int runtime_throw(void *exception)
{
    struct globals *globals;

    pthread_once(&once, make_key);
    globals = pthread_getspecific(key);
    if (!globals) {
        globals = calloc(1, sizeof *globals);
        if (!globals || pthread_setspecific(key, globals) != 0)
            return -1;
    }
    globals->caught = exception;
    globals->uncaught++;
    return 0;
}

/* std::get_terminate(), std::set_terminate() */
runtime_handler *runtime_terminate(void) __asm__("_ZSt13get_terminatev");
runtime_handler *runtime_terminate(void)
{
    return terminate_handler;
}

runtime_handler *runtime_set_terminate(runtime_handler *handler)
{
    runtime_handler *before = terminate_handler;

    terminate_handler = handler;
    return before;
}
