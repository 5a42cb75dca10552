// SPDX-License-Identifier: MIT
/*
 * Memory is used again, with what lay there before. Built four times: old_bytes_first makes a table
 * for the host and stays; old_bytes enters its functions there, openly or disguised, and is
 * unloaded; old_bytes_next may come to lie where it was; old_bytes_later comes after it, too, and
 * copies the word to a block of its own.
 */
#include "host.h"
#include "plugin.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef LARGE
char area[2 << 20]; /* it does not lie where old_bytes was */
#endif

enum { WORDS = 70, OPEN = 5, DISGUISED = 6 };

static int open_session(void)
{
    return 0;
}

static int close_session(void)
{
    return 0;
}

ENTRY(make)
{
    host_set_slot(calloc(WORDS, sizeof(uintptr_t)));
    return 0;
}

ENTRY(enter)
{
    ((uintptr_t *)host_slot())[OPEN] = (uintptr_t)open_session;
    return 0;
}

ENTRY(register_it)
{
    host_register(1, NULL, open_session);
    return 0;
}

ENTRY(note)
{
    ((uintptr_t *)host_slot())[DISGUISED] = ~(uintptr_t)close_session;
    return 0;
}

/* As if the block were made where a freed one of old_bytes was, and not written to. */
ENTRY(reuse)
{
    uintptr_t *block = calloc(WORDS, sizeof *block);

    block[OPEN] = ~((uintptr_t *)host_slot())[DISGUISED];
    host_register(1, (char *)block, NULL);
    return 0;
}

/* The table grows, and the word moves. */
ENTRY(grow)
{
    host_set_slot(realloc((void *)host_slot(), 100 * WORDS * sizeof(uintptr_t)));
    return 0;
}
