// SPDX-License-Identifier: MIT
/*
 * Defect: another library puts a string of this plug-in into the environment.
 *
 * Report: environment about this plug-in.
 */
#include "plugin.h"
#include "support.h"

static char setting[] = "SAMPLES_MODE=fast";

ENTRY(start)
{
    return support_putenv(setting) == 0 ? 0 : -1;
}
