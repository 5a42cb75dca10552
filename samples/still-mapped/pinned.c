// SPDX-License-Identifier: MIT
/* This module is never unmapped (DF_1_NODELETE), and neither are the modules that it needs,
 * directly or indirectly. */
#include "plugin.h"

int middle_answer(void);

ENTRY(start)
{
    return middle_answer() == 42 ? 0 : -1;
}
