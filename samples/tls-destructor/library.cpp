// SPDX-License-Identifier: MIT
/*
 * The same through another library, which came with this one. Nobody has a handle of that, and
 * nobody needs it any more when this is unmapped; it stays alone.
 */
#include "helper.h"
#include "plugin.h"

ENTRY(start)
{
    return helper_use();
}
