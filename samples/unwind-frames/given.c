// SPDX-License-Identifier: MIT
/* Registers its tables, and leaves it to the host to deregister them: nothing is wrong with that.
 */
#include "plugin.h"
#include "tables.h"

static int sum;

static void add(void)
{
    sum++;
}

static struct tables tables = TABLES_OF((const void *)add);

void *tables_to_deregister(void);

ENTRY(start)
{
    __register_frame(&tables);
    return 0;
}

void *tables_to_deregister(void)
{
    return &tables;
}
