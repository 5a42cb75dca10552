// SPDX-License-Identifier: MIT
/*
 * Defect: a module that another library opens for it, and that nobody closes.
 *
 * Report: handle about the other library, when that is unloaded.
 */
#include "plugin.h"
#include "support.h"

#include <stddef.h>

ENTRY(start)
{
    void *handle = support_open("./opened.so");

    return handle ? 0 : -1;
}
