// SPDX-License-Identifier: MIT
/* The same from C++: a lambda as a function pointer. */
#include "host.h"
#include "plugin.h"

ENTRY(start)
{
    host_register(1, nullptr, [] { return 0; });
    return 0;
}
