// SPDX-License-Identifier: MIT
/* What it has: a need of two.so, which holds that beside its own mark. */
#include "plugin.h"

int two_answer(void);

ENTRY(start)
{
    return two_answer() == 2 ? 0 : -1;
}
