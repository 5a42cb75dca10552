// SPDX-License-Identifier: MIT
/*
 * Defect: a library starts a thread of its own for the plug-in, with the plug-in's data as
 * argument.
 *
 * Report: thread-argument about the plug-in. After the library was told to stop (stop), nothing.
 */
#include "plugin.h"
#include "support.h"

#include <string.h>

static char job[] = "a job of the plug-in";

ENTRY(start_image)
{
    return support_serve(job) == 0 ? 0 : -1;
}

ENTRY(start_strdup)
{
    return support_serve(strdup(SECRET)) == 0 ? 0 : -1;
}

ENTRY(stop)
{
    return support_stop() == 0 ? 0 : -1;
}
