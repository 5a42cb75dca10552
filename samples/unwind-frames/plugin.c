// SPDX-License-Identifier: MIT
/*
 * Defect: unwind tables of this plug-in that it registered, as compilers at run time do, and did
 * not deregister.
 *
 * Consequence: whoever unwinds next, for an exception of C++, for pthread_exit() or backtrace(),
 * reads them, and dies. (If the plug-in was the last that needed libgcc_s, libgcc_s is unloaded,
 * too, and nothing happens: so the cases have a library that needs it.)
 *
 * Report: unwind-frames, dangling, error.
 *
 * Fix: tidy.c.
 */
#include "registering.h"

#include <stdlib.h>

static struct tables *copy;

ENTRY(start)
{
    __register_frame(&tables);
    return 0;
}

ENTRY(start_table)
{
    __register_frame_table(list);
    return 0;
}

ENTRY(start_info_table_bases)
{
    __register_frame_info_table_bases(list, &notes, NULL, NULL);
    return 0;
}

/* Tables in a block, as they are for code that is made at run time; */
ENTRY(start_block)
{
    copy = malloc(sizeof *copy);
    if (!copy)
        return -1;
    *copy = tables;
    __register_frame(copy);
    return 0;
}

ENTRY(free_block)
{
    free(copy);
    return 0;
}

/* but here the plug-in has what libgcc notes of them. */
ENTRY(start_notes)
{
    copy = malloc(sizeof *copy);
    if (!copy)
        return -1;
    *copy = tables;
    __register_frame_info(copy, &notes);
    return 0;
}

/* No finding: there is nothing in it, and it is not taken. */
ENTRY(start_empty)
{
    static uint32_t empty[2];

    __register_frame(empty);
    return 0;
}

/* Of others, that deregister them. */
ENTRY(stop)
{
    __deregister_frame(&tables);
    return 0;
}
