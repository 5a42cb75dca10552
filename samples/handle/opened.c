// SPDX-License-Identifier: MIT
/* The module that the other plug-ins here open. */
#include "plugin.h"

ENTRY(start)
{
    return 0;
}
