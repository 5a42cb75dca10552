// SPDX-License-Identifier: MIT
/*
 * Defect: the mark that forbids to unload the module (linked with -z nodelete).
 *
 * Consequence: dlclose does nothing. The next dlopen gives the same image, with its variables as
 * they were; constructors do not run, and a file that was rebuilt is not used.
 *
 * Report: still-mapped, pinned, note, with the reason; a warning when it is opened again.
 *
 * Fix: tidy.c, without the mark.
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
