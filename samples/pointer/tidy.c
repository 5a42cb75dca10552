// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: it removes its entries before the unload. */
#include "host.h"
#include "plugin.h"

#include <stddef.h>

static int open_session(void)
{
    return 0;
}

ENTRY(start)
{
    host_register(1, "a name of the plug-in", open_session);
    host_list_add((const void *)open_session);
    host_set_slot((const void *)open_session);
    return 0;
}

ENTRY(stop)
{
    host_register(1, NULL, NULL);
    host_list_remove();
    host_set_slot(NULL);
    return 0;
}
