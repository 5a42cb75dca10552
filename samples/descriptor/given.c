// SPDX-License-Identifier: MIT
/* Descriptors that the plug-in opened and handed over: the host must close them. Only the host's
 * use of a descriptor shows that it was handed over. */
#include "host.h"
#include "plugin.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static int ok(int number)
{
    return number >= 0 ? 0 : -1;
}

ENTRY(give)
{
    int number = open("/dev/null", O_RDONLY);

    host_take_descriptor(number);
    return ok(number);
}

/* Whose position tells who reads it. */
ENTRY(give_file)
{
    int number = open("/proc/self/exe", O_RDONLY);

    host_take_descriptor(number);
    return ok(number);
}

ENTRY(give_eventfd)
{
    int number = eventfd(0, 0);

    host_take_descriptor(number);
    return ok(number);
}

static int pair[2];

/* Both ends are left, with something to be read. */
ENTRY(give_pipe)
{
    if (pipe(pair) != 0 || write(pair[1], "xx", 2) != 2)
        return -1;
    host_take_descriptor(pair[0]);
    return 0;
}

ENTRY(give_socket)
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || write(pair[1], "xx", 2) != 2)
        return -1;
    host_take_descriptor(pair[0]);
    return 0;
}
