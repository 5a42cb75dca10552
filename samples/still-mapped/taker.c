// SPDX-License-Identifier: MIT
/*
 * Defect: a weak reference to any symbol given_hook, as C++ templates have by the hundred. The
 * module does not need giver.so, but the loader binds it to giver.so where that is loaded.
 */
#include "plugin.h"

__attribute__((weak)) int given_hook(void);

ENTRY(start)
{
    return !given_hook || given_hook() == 7 ? 0 : -1;
}

/* 1 if the reference was bound. */
ENTRY(start_bound)
{
    return given_hook ? 0 : -1;
}
