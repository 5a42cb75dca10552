// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: it is removed from the host's table before the unload. */
#include "host.h"
#include "plugin.h"

#include <stddef.h>

static int open_session(void)
{
    return 0;
}

ENTRY(start)
{
    host_register(1, NULL, open_session);
    return 0;
}

ENTRY(stop)
{
    host_register(1, NULL, NULL);
    return 0;
}
