// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: it deregisters its tables before the unload. */
#include "registering.h"

#include <stdbool.h>

static bool started;

ENTRY(start)
{
    __register_frame(&tables);
    started = true;
    return 0;
}

ENTRY(stop)
{
    started = false;
    __deregister_frame(&tables);
    return 0;
}

ENTRY(stop_info)
{
    return __deregister_frame_info(&tables) == &notes ? 0 : -1;
}

ENTRY(stop_info_bases)
{
    return __deregister_frame_info_bases(&tables) == &notes ? 0 : -1;
}

ENTRY(stop_info_table)
{
    return __deregister_frame_info(list) == &notes ? 0 : -1;
}

__attribute__((destructor)) static void tidy_fini(void)
{
    if (started)
        stop();
}
