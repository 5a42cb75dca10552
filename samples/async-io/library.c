// SPDX-License-Identifier: MIT
/* The same through another library, which has the control block: the buffer is the plug-in's. */
#include "host.h"
#include "plugin.h"
#include "support.h"

static char buffer[16];

ENTRY(start)
{
    int error = support_read(host_channel(), buffer, sizeof buffer);

    host_await_others();
    return error;
}

ENTRY(stop)
{
    return host_feed_channel() == 0 && support_stop_reading() == 0 ? 0 : -1;
}
