// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: the thread gets its previous stack back before the unload. */
#include "plugin.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

enum { SIZE = 65536 };

static char area[SIZE];
static char *block;
static stack_t before;
static bool started;

static int set(char *memory)
{
    stack_t stack = {.ss_sp = memory, .ss_size = SIZE};

    if (!memory || sigaltstack(&stack, &before) != 0)
        return -1;
    started = true;
    return 0;
}

ENTRY(start)
{
    return set(area);
}

ENTRY(start_block)
{
    block = malloc(SIZE);
    return set(block);
}

ENTRY(stop)
{
    int error = sigaltstack(&before, NULL);

    started = false;
    free(block);
    block = NULL;
    return error == 0 ? 0 : -1;
}

__attribute__((destructor)) static void tidy_fini(void)
{
    if (started)
        stop();
}
