// SPDX-License-Identifier: MIT
/* The same where there may be no unwinder at all: a reference that need not be satisfied. */
#include "plugin.h"
#include "tables.h"

#pragma weak __register_frame

static int sum;

static void add(void)
{
    sum++;
}

static struct tables tables = TABLES_OF((const void *)add);

ENTRY(start)
{
    if (!__register_frame)
        return -1;
    __register_frame(&tables);
    return 0;
}

/* No finding: there is nobody to register with, and it must be seen that there is not. */
ENTRY(start_without)
{
    return __register_frame ? -1 : 0;
}
