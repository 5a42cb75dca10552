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

/* What the library opens for its own use, when this happens to be the first caller. */
ENTRY(start_own)
{
    return support_use_own_channel() == 0 ? 0 : -1;
}

/* The first is the library's, the second this plug-in's. */
ENTRY(start_both)
{
    int error = start_own();

    return error ? error : start();
}

ENTRY(stop)
{
    int error = support_close(number);

    return error;
}
