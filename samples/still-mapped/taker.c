// SPDX-License-Identifier: MIT
/*
 * What it has: a weak reference to whatever is called given_hook, as C++ templates have by the
 * hundred. It does not need giver.so, but is bound to it if that is there.
 */
#include "plugin.h"

__attribute__((weak)) int given_hook(void);

ENTRY(start)
{
    return !given_hook || given_hook() == 7 ? 0 : -1;
}

/* Whether it was bound. */
ENTRY(start_bound)
{
    return given_hook ? 0 : -1;
}
