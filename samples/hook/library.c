// SPDX-License-Identifier: MIT
/*
 * Defect: another library gives a stream a buffer of this plug-in.
 *
 * Report: hook about this plug-in.
 */
#include "plugin.h"
#include "support.h"

static char buffer[BUFSIZ];

ENTRY(start)
{
    return support_setvbuf(stdin, buffer, sizeof buffer) == 0 ? 0 : -1;
}
