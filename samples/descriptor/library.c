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

/* The library opens it for itself, because this plug-in is the first caller. */
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
