// SPDX-License-Identifier: MIT
/* A handler in a variable of a library that dlpin knows: ADD and REMOVE say which call of it sets
 * one, and what is given to it instead. What the handler would be given is no matter here. */
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
