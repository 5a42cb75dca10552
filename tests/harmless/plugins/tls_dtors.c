// SPDX-License-Identifier: MIT
/* Registers destructors of thread-local objects without a C++ library in between, as Rust does. */
#include "../observe.h"

#include <stddef.h>

extern void *__dso_handle;
int __cxa_thread_atexit_impl(void (*destructor)(void *), void *object, void *dso_handle);

static __thread int number;

static void last(void *object)
{
    say("  last %d of %d\n", *(int *)object, number);
}

static void plain(void *object)
{
    say("  %s\n", (const char *)object);
    number++;
}

/* Registers another one while the thread runs its own; that comes next. */
static void nesting(void *object)
{
    say("  nesting\n");
    number++;
    check(__cxa_thread_atexit_impl(last, object, &__dso_handle) == 0);
}

EXPORT(int, register_all, void)
{
    errno = 33;
    number = 7;
    check(__cxa_thread_atexit_impl(plain, (void *)"first", &__dso_handle) == 0);
    check(__cxa_thread_atexit_impl(nesting, &number, &__dso_handle) == 0);
    check(__cxa_thread_atexit_impl(plain, (void *)"second", &__dso_handle) == 0);
    /* In the name of the program, and of nobody. */
    check(__cxa_thread_atexit_impl(plain, (void *)"in no name", NULL) == 0);
    check(errno == 33);
    return observe_failures;
}
