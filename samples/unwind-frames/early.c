// SPDX-License-Identifier: MIT
/* The same in a constructor, before dlopen() is over: then it is only seen that libgcc has a
 * pointer to the plug-in. */
#include "plugin.h"
#include "tables.h"

static int sum;

static void add(void)
{
    sum++;
}

static struct tables tables = TABLES_OF((const void *)add);

__attribute__((constructor)) static void early_init(void)
{
    __register_frame(&tables);
}

/* Deregisters tables that were never registered, as far as the library has seen. The library sees
 * this call, and must say nothing of it. */
ENTRY(stop)
{
    __deregister_frame(&tables);
    return 0;
}
