// SPDX-License-Identifier: MIT
/*
 * Right: more exit functions than one of libc's lists has room for, in the name of this plug-in, so
 * that its unload runs them. The lists keep the words, which lead to its data and its code, until
 * others come to stand there.
 */
#include "plugin.h"

#include <stdlib.h>

extern int __cxa_atexit(void (*function)(void *), void *argument, void *handle);
extern int __cxa_at_quick_exit(void (*function)(void *), void *handle);
extern void *__dso_handle __attribute__((visibility("hidden")));

static int ended;

static void end(void *unused)
{
    (void)unused;
    ended++;
}

static int enter(unsigned count)
{
    int error = 0;

    for (unsigned i = 0; i < count && !error; i++)
        error =
            __cxa_atexit(end, (void *)end, &__dso_handle) | __cxa_at_quick_exit(end, &__dso_handle);
    return error ? -1 : 0;
}

ENTRY(enter_few)
{
    return enter(5);
}

ENTRY(enter_40)
{
    return enter(40);
}

ENTRY(enter_80)
{
    return enter(80);
}
