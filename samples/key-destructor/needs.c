// SPDX-License-Identifier: MIT
/*
 * Defect: none of its own. The library that this plug-in needs leaves a key, and is unloaded with
 * it.
 *
 * Report: key-destructor about libdependency.so.
 */
#include "plugin.h"

int dependency_start(void);

ENTRY(start)
{
    return dependency_start() == 0 ? 0 : -1;
}
