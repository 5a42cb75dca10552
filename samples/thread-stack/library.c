// SPDX-License-Identifier: MIT
/*
 * What it has: the plug-in gives another library a function to call; a thread of the host is in
 * there, in a thread of the C library's making, when the plug-in goes.
 *
 * What dlpin says: thread-stack about the plug-in, which the thread will come back to.
 */
#include "host.h"
#include "plugin.h"

#include <stdlib.h>

static int after;

static int compare(const void *a, const void *b)
{
    if (after == 0)
        host_pause();
    after++;
    return *(const int *)a - *(const int *)b;
}

/* The innermost of two: the C library's frames lie between. */
ENTRY(wait_in_host)
{
    int numbers[] = {3, 1, 2};

    qsort(numbers, 3, sizeof numbers[0], compare);
    return numbers[0] == 1 ? 0 : -1;
}
