// SPDX-License-Identifier: MIT
/*
 * What it has: a thread-local session with a destructor, registered as the compilers of C++ and
 * Rust do it for each thread that uses one.
 *
 * What follows: the C library keeps the module mapped until all threads that have used it have
 * ended, and then until the next dlclose. Opened again before that, it goes on with its old
 * variables.
 *
 * What dlpin says: tls-destructor, pinned, warning, with the threads.
 *
 * How it is done right: tidy.c; or the threads end before the dlclose.
 */
#include "plugin.h"

#include <stddef.h>

extern void *__dso_handle;
int __cxa_thread_atexit_impl(void (*destructor)(void *), void *object, void *dso_handle);

static __thread int session, second_session;
static int starts;

static void session_end(void *object)
{
    *(int *)object = 0;
}

ENTRY(start)
{
    session = 1;
    return __cxa_thread_atexit_impl(session_end, &session, &__dso_handle) == 0 ? 0 : -1;
}

ENTRY(start_two)
{
    int error = __cxa_thread_atexit_impl(session_end, &session, &__dso_handle);

    if (error == 0)
        error = __cxa_thread_atexit_impl(session_end, &second_session, &__dso_handle);
    return error == 0 ? 0 : -1;
}

/* Fails on the second call: each load should begin anew. */
ENTRY(start_anew)
{
    return starts++ == 0 ? 0 : -1;
}

ENTRY(start_again)
{
    return starts++ > 0 ? 0 : -1;
}
