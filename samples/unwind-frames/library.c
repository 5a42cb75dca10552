// SPDX-License-Identifier: MIT
/* The same, registered by another library on behalf of the plug-in. */
#include "plugin.h"
#include "tables.h"
#include "unwinding.h"

static int sum;

static void add(void)
{
    sum++;
}

static struct tables tables = TABLES_OF((const void *)add);

ENTRY(start)
{
    unwinding_register(&tables);
    return 0;
}

ENTRY(stop)
{
    unwinding_deregister(&tables);
    return 0;
}
