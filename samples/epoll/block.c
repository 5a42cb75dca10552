// SPDX-License-Identifier: MIT
/* A function in a block of another library, which only the kernel has, as data of an epoll entry.
 */
#include "host.h"
#include "plugin.h"
#include "watcher.h"

static int file = -1;

static int on_event(void)
{
    return 0;
}

ENTRY(start_watcher)
{
    file = watcher_watch(host_epoll(), on_event);
    return file >= 0 ? 0 : -1;
}

ENTRY(stop_watcher)
{
    return watcher_stop(host_epoll(), file);
}
