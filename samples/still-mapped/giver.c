// SPDX-License-Identifier: MIT
/*
 * Defect: a symbol that others were not meant to use; the module is opened with RTLD_GLOBAL.
 *
 * Consequence: the loader binds taker.c to the symbol, and this module stays mapped as long as that
 * one does.
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
