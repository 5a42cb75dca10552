// SPDX-License-Identifier: MIT
/* Says which of several files of one name was found. */
#include "../observe.h"

EXPORT(const char *, which, void)
{
    return WHICH;
}
