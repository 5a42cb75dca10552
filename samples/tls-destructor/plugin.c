// SPDX-License-Identifier: MIT
/*
 * Defect: a thread-local session with a destructor, registered, as compilers of C++ and Rust do,
 * for each thread that uses one.
 *
 * Consequence: the C library keeps the module mapped until all threads that have used it have
 * ended, and then until the next dlclose. A module that is opened again before that keeps its old
 * variables.
 *
 * Report: tls-destructor, pinned, warning, with the threads.
 *
 * Fix: tidy.c; or the threads end before the dlclose.
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
