// SPDX-License-Identifier: MIT
/*
 * Defect: the same as library.c from C++: a lambda as the handler. start_clean() calls
 * pthread_atfork() itself.
 *
 * Report: fork-handler about this plug-in.
 */
#include "plugin.h"

extern "C" {
#include "support.h"
}

#include <pthread.h>

static int forks;

ENTRY(start)
{
    return support_atfork([] { forks++; }, nullptr, nullptr) == 0 ? 0 : -1;
}

ENTRY(start_clean)
{
    return pthread_atfork([] { forks++; }, nullptr, nullptr) == 0 ? 0 : -1;
}
