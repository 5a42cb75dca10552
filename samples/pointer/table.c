// SPDX-License-Identifier: MIT
/* A block that realloc enlarges, or that an allocator of the program handed out. */
#include "observers.h"

#include <stdlib.h>

static observer *volatile *table;
static unsigned count, room;

#ifdef IN_CARRIER
/* Part of a large block, as allocators of programs have them, that is large enough for all. */
static void *enlarge(void *carrier, size_t size)
{
    enum { CARRIER = 256 << 10 };

    if (size > CARRIER)
        return NULL;
    return carrier ? carrier : aligned_alloc(CARRIER, CARRIER);
}
#else
static void *enlarge(void *block, size_t size)
{
    return realloc(block, size);
}
#endif

void observers_add(observer *function)
{
    if (count == room) {
        room = room ? 2 * room : 1;
        table = enlarge((void *)table, room * sizeof *table);
        if (!table)
            abort();
        for (unsigned i = count; i < room; i++)
            table[i] = NULL;
    }
    table[count++] = function;
}

void observers_remove(observer *function)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < count; i++)
        if (table[i] != function)
            table[kept++] = table[i];
    for (unsigned i = kept; i < count; i++)
        table[i] = NULL;
    count = kept;
}

static void empty(void)
{
    free((void *)table);
    table = NULL;
}

void observers_empty_at_exit(void)
{
    atexit(empty);
    at_quick_exit(empty);
}
