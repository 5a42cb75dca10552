// SPDX-License-Identifier: MIT
/*
 * Defect: two reasons to stay mapped: the mark nodelete (linked with -z nodelete), and both.c,
 * which needs this module.
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
