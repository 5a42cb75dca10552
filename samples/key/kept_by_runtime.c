// SPDX-License-Identifier: MIT
/*
 * Right: it uses a run-time library that comes with it, which makes a key in a variable of its own
 * when it is first used, as libc++ does. The library is marked not to be deleted: it keeps the key,
 * and the next one that uses it has that.
 */
#include "plugin.h"

int runtime_use(void);

ENTRY(start)
{
    return runtime_use() == 0 ? 0 : -1;
}
