// SPDX-License-Identifier: MIT
/*
 * Defect: the plug-in gives another library a function to call; a thread of the host, started
 * through the C library, is in there when the plug-in is unloaded.
 *
 * Report: thread-stack about the plug-in, to which the thread will return.
 */
#include "host.h"
#include "plugin.h"
#include "support.h"

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

static void wait(void)
{
    host_pause();
    after++;
}

/* The same in a thread that the other library starts for it. */
ENTRY(wait_elsewhere)
{
    return support_call(wait) == 0 ? 0 : -1;
}
