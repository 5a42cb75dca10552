// SPDX-License-Identifier: MIT
/* Another library maps the memory, and is unloaded with the plug-in. */
#include "plugin.h"
#include "support.h"

static void *volatile area;

ENTRY(start)
{
    area = support_map(65536);
    return area ? 0 : -1;
}
