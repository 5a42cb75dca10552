// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: it unmaps what it mapped. */
#include "plugin.h"

#include <stddef.h>
#include <sys/mman.h>

enum { SIZE = 65536 };

static void *area;

ENTRY(start)
{
    area = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return area != MAP_FAILED ? 0 : -1;
}

ENTRY(stop)
{
    int error = munmap(area, SIZE);

    area = NULL;
    return error;
}

__attribute__((destructor)) static void tidy_fini(void)
{
    if (area)
        stop();
}
