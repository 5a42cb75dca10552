// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: it removes its entries before the unload. */
#include "notices.h"
#include "plugin.h"

#include <stddef.h>

static int on_notice(void)
{
    return 0;
}

ENTRY(subscribe)
{
    int error = notices_subscribe(on_notice);

    return error;
}

ENTRY(handle)
{
    notices_set_handler(on_notice);
    return 0;
}

ENTRY(add_format)
{
    int error = notices_add_format("tidy", on_notice);

    return error;
}

ENTRY(stop)
{
    notices_unsubscribe(on_notice);
    notices_set_handler(NULL);
    notices_remove_format("tidy");
    return 0;
}

__attribute__((destructor)) static void tidy_fini(void)
{
    stop();
}
