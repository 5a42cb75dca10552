// SPDX-License-Identifier: MIT
/*
 * What it has: nothing itself. The library that it needs leaves a key, and is unloaded with it.
 *
 * What dlpin says: key-destructor about libdependency.so.
 */
#include "plugin.h"

int dependency_start(void);

ENTRY(start)
{
    return dependency_start() == 0 ? 0 : -1;
}
