// SPDX-License-Identifier: MIT
/*
 * What it has: the mark that it is not to be deleted (linked with -z nodelete).
 *
 * What follows: dlclose does nothing. The next dlopen gives the same image, with its variables as
 * they were; constructors do not run, and a file that was rebuilt is not used.
 *
 * What dlpin says: still-mapped, pinned, note, with the reason; a warning when it is opened again.
 *
 * How it is done right: tidy.c, without the mark.
 */
#include "plugin.h"

static int starts;

/* Fails on the second call: each load should begin anew. */
ENTRY(start)
{
    return starts++ == 0 ? 0 : -1;
}

ENTRY(start_again)
{
    return starts++ > 0 ? 0 : -1;
}
