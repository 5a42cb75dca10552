// SPDX-License-Identifier: MIT
/* Nobody opens it: pinned.so needs it, and it needs tidy.so. */
#include "plugin.h"

int tidy_answer(void);

ENTRY(middle_answer)
{
    return tidy_answer();
}
