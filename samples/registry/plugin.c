// SPDX-License-Identifier: MIT
/*
 * Defect: entries in the registries of a library that stays (notices.h): a subscriber in a list, a
 * handler, a format in a table.
 *
 * Consequence: the library calls them the next time that it sends a notice, and the process dies.
 *
 * Report: registry, dangling, error, with the call that removes the entry, where dlpin knows the
 * registry: those of many libraries are built in (glib.c, sqlite.c), the file "registries"
 * describes this one. All entries in one registry are one finding. An unknown registry gives
 * pointer, dangling, warning.
 *
 * Fix: tidy.c.
 */
#include "host.h"
#include "notices.h"
#include "plugin.h"

#include <dlfcn.h>
#include <stdlib.h>

static int on_notice(void)
{
    return 0;
}

ENTRY(subscribe)
{
    int error = notices_subscribe(on_notice);

    return error;
}

/* The library has a table of its functions for its extensions, as SQLite has. */
ENTRY(subscribe_by_pointer)
{
    int (*volatile add)(notices_function *) =
        (int (*)(notices_function *))dlsym(RTLD_DEFAULT, "notices_subscribe");
    int error = add ? add(on_notice) : -1;

    return error;
}

ENTRY(handle)
{
    notices_set_handler(on_notice);
    return 0;
}

ENTRY(add_format)
{
    int error = notices_add_format("plain", on_notice);

    return error;
}

/* No entry of a registry that is known: that is a block. */
ENTRY(leave_data)
{
    notices_set_user_data("data of the plug-in");
    return 0;
}

ENTRY(leave_block)
{
    notices_function **block = malloc(sizeof *block);

    if (!block)
        return -1;
    *block = on_notice;
    notices_set_user_data(block);
    return 0;
}

/* A block that the host made is the host's, wherever it hangs. */
ENTRY(leave_block_of_host)
{
    notices_set_user_data(host_box(1, (const void *)on_notice));
    return 0;
}

/* In a table of the host. */
ENTRY(use_table)
{
    host_register(1, NULL, on_notice);
    return 0;
}

/* Each entry is made in another place. */
#define FUNCTION(n)           \
    static int many_##n(void) \
    {                         \
        return n;             \
    }
#define SUBSCRIBE(n)                      \
    if (notices_subscribe(many_##n) != 0) \
        return -1;
#define TEN(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)
TEN(FUNCTION)

ENTRY(subscribe_many)
{
    TEN(SUBSCRIBE)
    return 0;
}
