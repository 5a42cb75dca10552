// SPDX-License-Identifier: MIT
/*
 * Defect: handlers of this plug-in that another library registers with pthread_atfork(): so they
 * belong to that library, and are removed when it is unloaded.
 *
 * Report: fork-handler about this plug-in, where the library stays.
 */
#include "plugin.h"
#include "support.h"

static int forks;

static void session_prepare(void)
{
    forks++;
}

ENTRY(start)
{
    return support_atfork(session_prepare, NULL, NULL) == 0 ? 0 : -1;
}
