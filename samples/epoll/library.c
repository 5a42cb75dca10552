// SPDX-License-Identifier: MIT
/* The same, set by another library on behalf of the plug-in. */
#include "host.h"
#include "plugin.h"
#include "support.h"

#include <unistd.h>

static int counter;
static int file = -1;

ENTRY(start)
{
    file = support_watch(host_epoll(), &counter);
    return file >= 0 ? 0 : -1;
}

ENTRY(stop)
{
    int error = close(file);

    return error;
}
