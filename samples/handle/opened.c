// SPDX-License-Identifier: MIT
/* What the others here open. */
#include "plugin.h"

ENTRY(start)
{
    return 0;
}
