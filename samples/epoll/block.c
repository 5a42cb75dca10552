// SPDX-License-Identifier: MIT
/*
 * Heap blocks that only the kernel has a pointer to, as data of an epoll entry: whoever waits for
 * events gets them back. They are not lost, and what they point to is in use.
 */
#include "host.h"
#include "plugin.h"
#include "support.h"
#include "watcher.h"

#include <stdlib.h>
#include <unistd.h>

enum { BYTES = 1000 };

static int file = -1;

static int on_event(void)
{
    return 0;
}

ENTRY(start)
{
    file = support_watch(host_epoll(), malloc(BYTES));
    return file >= 0 ? 0 : -1;
}

/* The entry ends with its file: then nobody has the block. */
ENTRY(close_file)
{
    int error = close(file);

    return error;
}

/* The block is another library's, and points to code of this plug-in. */
ENTRY(start_watcher)
{
    file = watcher_watch(host_epoll(), on_event);
    return file >= 0 ? 0 : -1;
}

ENTRY(stop_watcher)
{
    return watcher_stop(host_epoll(), file);
}
