// SPDX-License-Identifier: MIT
/* Linked with a library that the host is to have for good. */
#include "plugin.h"

ENTRY(nothing)
{
    return 0;
}
