// SPDX-License-Identifier: MIT
/*
 * A run-time library for C++ makes a value for its own key when the plug-in first throws. The value
 * is the library's business, unless it leads to the plug-in.
 */
#include "cxx_runtime.h"
#include "plugin.h"

#include <stddef.h>

static int exception;

ENTRY(start)
{
    return runtime_throw(NULL) == 0 ? 0 : -1;
}

ENTRY(start_left)
{
    return runtime_throw(&exception) == 0 ? 0 : -1;
}
