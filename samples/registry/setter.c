// SPDX-License-Identifier: MIT
/* A handler in a variable of a library that dlpin knows. ADD is the call of the library that sets
 * it, REMOVE the call that replaces it. The handler's parameters do not matter here. */
#include "plugin.h"

#include <stddef.h>

typedef void handler(void);

extern void ADD(handler *function);
extern handler REMOVE __attribute__((weak));

static void take(void)
{
}

ENTRY(start)
{
    ADD(take);
    return 0;
}

ENTRY(stop)
{
    ADD(REMOVE);
    return 0;
}
