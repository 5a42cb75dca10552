// SPDX-License-Identifier: MIT
/* A plug-in that leaves something behind each time, in one of many ways. */
#include "litter.h"
#include <stdlib.h>
#include <string.h>

#define CHAIN 50

static char data[256];
static void *kept;

static void act(void)
{
    kept = data;
}

static int add_entry(struct board *board)
{
    struct board_entry *entry = malloc(sizeof *entry);

    if (!entry)
        return -1;
    *entry = (struct board_entry){board->list, act, strdup("a text of an entry")};
    board->list = entry;
    return entry->text ? 0 : -1;
}

/* A chain of blocks; closed to a circle, or with an end that points into this image. */
static void **make_chain(unsigned round)
{
    void **first = NULL, **last = NULL;

    for (unsigned i = 0; i < CHAIN; i++) {
        void **block = calloc(1, 16U << (i + round) % 6);
        if (!block)
            return NULL;
        *block = first;
        first = block;
        last = last ? last : block;
    }
    *last = round % 2 ? (void *)first : (void *)data;
    return first;
}

int litter(struct board *board, unsigned round)
{
    void **place = &board->places[round / 8 % PLACES];

    switch (round % 8) {
    case 0:
        *place = make_chain(round / 8);
        return *place ? 0 : -1;
    case 1:
        kept = make_chain(round / 8); /* nothing reaches it any more */
        return kept ? 0 : -1;
    case 2:
        *place = data + round % sizeof data;
        return 0;
    case 3:
        *(void (**)(void))place = act;
        return 0;
    case 4:
        return add_entry(board);
    case 5:
        *place = calloc(1, (size_t)200 << 10); /* mapped for itself */
        return *place ? 0 : -1;
    case 6:
        return pthread_setspecific(board->key, strdup("a value"));
    default:
        return 0;
    }
}
