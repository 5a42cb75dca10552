// SPDX-License-Identifier: MIT
/*
 * What it has: two reasons: it is not to be deleted (linked with -z nodelete), and
 * both.c needs it.
 */
#include "plugin.h"

int two_answer(void);

int two_answer(void)
{
    return 2;
}

ENTRY(start)
{
    return two_answer() == 2 ? 0 : -1;
}
