// SPDX-License-Identifier: MIT
/*
 * A variant of plugin.c: the module stays, and so do the heap blocks that its variables hold. A
 * block that the host points to as well would stay anyway, and does not count.
 */
#include "host.h"
#include "plugin.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    struct entry *next;
    char text[92];
};

static struct entry *entries;
static void *shared;
static _Thread_local void *volatile of_thread;

static int add(unsigned count)
{
    while (count-- > 0) {
        struct entry *entry = calloc(1, sizeof *entry);
        if (!entry)
            return -1;
        memcpy(entry->text, SECRET, sizeof SECRET);
        entry->next = entries;
        entries = entry;
    }
    return 0;
}

ENTRY(start)
{
    shared = strdup(SECRET);
    host_list_add(shared);
    return add(3);
}

ENTRY(add_one)
{
    return add(1);
}

ENTRY(add_of_thread)
{
    of_thread = malloc(200);
    return of_thread ? 0 : -1;
}

/* So many blocks that a scan of them takes long. */
ENTRY(add_much)
{
    for (unsigned i = 0; i < 300000; i++)
        if (add(1) != 0)
            return -1;
    return 0;
}

ENTRY(drop)
{
    while (entries) {
        struct entry *next = entries->next;
        free(entries);
        entries = next;
    }
    return 0;
}

ENTRY(share)
{
    host_list_add(entries);
    return 0;
}
