// SPDX-License-Identifier: MIT
/* Another library opens it: the descriptor is that one's. */
#include "plugin.h"
#include "support.h"

static int number;

ENTRY(start)
{
    number = support_descriptor();
    return number >= 0 ? 0 : -1;
}

ENTRY(stop)
{
    int error = support_close(number);

    return error;
}
