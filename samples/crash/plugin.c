// SPDX-License-Identifier: MIT
/*
 * Defect: the host still has a function and a string of this plug-in in its table.
 *
 * Consequence: the host uses them after the unload, and the process dies.
 *
 * Report: the finding, pointer; and a crash record: the process died at an address of this plug-in,
 * with the place, the caller, and the finding that foretold it.
 *
 * Fix: tidy.c.
 */
#include "host.h"
#include "plugin.h"

#include <stddef.h>

static char name[] = "a name of the plug-in";

static int open_session(void)
{
    return 0;
}

ENTRY(start)
{
    host_register(1, NULL, open_session);
    return 0;
}

/* The host reads this string and runs no code here. */
ENTRY(start_name)
{
    host_register(1, name, NULL);
    return 0;
}

/* The host has both, and this plug-in stays. */
ENTRY(fault)
{
    volatile char *volatile nowhere = NULL;

    *nowhere = 1;
    return 0;
}
