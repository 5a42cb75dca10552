// SPDX-License-Identifier: MIT
/* Defect: this module needs two.so, and holds it in addition to the mark of two.so. */
#include "plugin.h"

int two_answer(void);

ENTRY(start)
{
    return two_answer() == 2 ? 0 : -1;
}
