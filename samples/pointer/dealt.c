// SPDX-License-Identifier: MIT
/*
 * Built twice: as a library with an allocator of its own, as Tcl has one, and as a table in entries
 * that this library deals out. An entry that is given back keeps its contents.
 */
#include "observers.h"

#include <stddef.h>
#include <stdlib.h>

void *deal(size_t size);
void take_back(void *part);

#ifdef DEALER
enum { BLOCK = 16 << 10, PART = 64, HEAD = sizeof(void *) };

static char *next, *end;
static void *given_back; /* a list by their heads */

void *deal(size_t size)
{
    char *part = given_back;

    if (size > PART - HEAD)
        return NULL;
    if (part) {
        given_back = *(void **)part;
        return part + HEAD;
    }
    if (next == end) {
        next = malloc(BLOCK);
        if (!next)
            return NULL;
        end = next + BLOCK;
    }
    part = next;
    next += PART;
    return part + HEAD;
}

void take_back(void *part)
{
    void **head = (void **)((char *)part - HEAD);

    *head = given_back;
    given_back = head;
}
#else
static struct entry {
    struct entry *next;
    observer *function;
} * entries;

void observers_add(observer *function)
{
    struct entry *entry = deal(sizeof *entry);

    if (!entry)
        abort();
    entry->next = entries;
    entry->function = function;
    entries = entry;
}

void observers_remove(observer *function)
{
    struct entry **at = &entries, *entry;

    while ((entry = *at) != NULL) {
        if (entry->function != function) {
            at = &entry->next;
            continue;
        }
        *at = entry->next;
        take_back(entry);
    }
}

void observers_empty_at_exit(void)
{
    abort();
}
#endif
