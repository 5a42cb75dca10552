// SPDX-License-Identifier: MIT
/*
 * What it has: a symbol that it did not mean to give to others, opened with RTLD_GLOBAL.
 *
 * What follows: taker.c is bound to it, and it stays mapped as long as that does.
 */
#include "plugin.h"

int given_hook(void);

int given_hook(void)
{
    return 7;
}

ENTRY(start)
{
    return given_hook() == 7 ? 0 : -1;
}
