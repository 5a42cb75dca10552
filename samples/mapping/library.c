// SPDX-License-Identifier: MIT
/* Another library maps it, and goes with the plug-in. */
#include "plugin.h"
#include "support.h"

static void *volatile area;

ENTRY(start)
{
    area = support_map(65536);
    return area ? 0 : -1;
}
