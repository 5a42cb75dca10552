// SPDX-License-Identifier: MIT
/* A block that realloc enlarges. */
#include "observers.h"

#include <stdlib.h>

static observer *volatile *table;
static unsigned count, room;

void observers_add(observer *function)
{
    if (count == room) {
        room = room ? 2 * room : 1;
        table = realloc((void *)table, room * sizeof *table);
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
