// SPDX-License-Identifier: MIT
/* A library of a plug-in that defines names which an unwinder also defines. */
#include "../observe.h"

EXPORT(int, unw_step, void *cursor)
{
    (void)cursor;
    return 4711;
}

EXPORT(int, unw_backtrace, void **buffer, int size)
{
    (void)buffer;
    return size + 1;
}

EXPORT(int, uthash_version, void)
{
    return 12;
}
