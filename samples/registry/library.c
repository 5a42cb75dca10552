// SPDX-License-Identifier: MIT
/* The same, entered by another library on behalf of the plug-in. */
#include "notices.h"
#include "plugin.h"

int client_subscribe(notices_function *function);

static int on_notice(void)
{
    return 0;
}

ENTRY(subscribe)
{
    int error = client_subscribe(on_notice);

    return error;
}

ENTRY(stop)
{
    notices_unsubscribe(on_notice);
    return 0;
}
