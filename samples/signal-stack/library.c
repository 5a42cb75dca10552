// SPDX-License-Identifier: MIT
/* The same, set by another library on behalf of the plug-in. */
#include "plugin.h"
#include "support.h"

#include <stddef.h>

static char area[65536];

ENTRY(start)
{
    return support_signal_stack(area, sizeof area) == 0 ? 0 : -1;
}

ENTRY(stop)
{
    return support_signal_stack(NULL, 0) == 0 ? 0 : -1;
}
