// SPDX-License-Identifier: MIT
/* It is never unmapped (DF_1_NODELETE), and so neither is what it needs, nor what that needs. */
#include "plugin.h"

int middle_answer(void);

ENTRY(start)
{
    return middle_answer() == 42 ? 0 : -1;
}
