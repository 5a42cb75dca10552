// SPDX-License-Identifier: MIT
/*
 * What it has: the host still has a function and a string of this plug-in in its table.
 *
 * What follows: the host uses them after the unload, and the process dies.
 *
 * What dlpin says: besides the finding, pointer, that it died at an address of this plug-in, where
 * in it, who called it, and which finding foretold it.
 *
 * How it is done right: tidy.c.
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

/* It is read, and not run. */
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
