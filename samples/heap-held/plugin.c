// SPDX-License-Identifier: MIT
/*
 * Defect: heap blocks of this plug-in that the host still has.
 *
 * Consequence: none, if the plug-in meant to hand them over; else the host's list keeps blocks that
 * nobody needs any more.
 *
 * Report: heap-held, held, note, with the retention path.
 *
 * Fix: tidy.c.
 */
#include "host.h"
#include "plugin.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

ENTRY(use_list)
{
    host_list_add(strdup(SECRET));
    return 0;
}

/* A pointer into the middle of a block holds it too. */
ENTRY(use_interior)
{
    char *block = calloc(1, 200);

    host_list_add(block + 72);
    return block ? 0 : -1;
}

/* So does one to its end. */
ENTRY(use_end)
{
    size_t size = 104; /* malloc adds nothing to it */
    char *block = calloc(1, size);

    host_list_add(block + size);
    return block ? 0 : -1;
}

/* And one that has something else in the bits that addresses do not use. */
ENTRY(use_tag)
{
    uintptr_t tag = (uintptr_t)0xfff9 << 48;
    char *block = calloc(1, 200);

    host_list_add((void *)((uintptr_t)block | tag));
    return block ? 0 : -1;
}

/* The blocks that this block points to are held with it. */
ENTRY(use_tree)
{
    void **root = malloc(4 * sizeof *root);

    for (unsigned i = 0; root && i < 4; i++)
        root[i] = malloc(16);
    host_list_add(root);
    return root ? 0 : -1;
}

ENTRY(use_thread_local)
{
    host_set_slot(strdup(SECRET));
    return 0;
}

/* Held by memory that is not malloc's: not lost. */
ENTRY(use_mapping)
{
    host_map(strdup(SECRET));
    return 0;
}
