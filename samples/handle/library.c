// SPDX-License-Identifier: MIT
/*
 * What it has: a module that another library opens for it, and that nobody closes.
 *
 * What dlpin says: handle about the other library, when that goes.
 */
#include "plugin.h"
#include "support.h"

#include <stddef.h>

ENTRY(start)
{
    void *handle = support_open("./opened.so");

    return handle ? 0 : -1;
}
