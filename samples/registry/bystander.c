// SPDX-License-Identifier: MIT
/* A plug-in that has nothing to do with the registries of notices.h. */
#include "plugin.h"

#include <stdlib.h>

typedef int function(void);

static int on_event(void)
{
    return 0;
}

/* Blocks as large as a subscriber that are freed: others find the pointer in theirs, where they do
 * not write over it. */
ENTRY(leave_old_words)
{
    enum { MANY = 7, WORDS = 3 };
    function *volatile *blocks[MANY];

    for (int i = 0; i < MANY; i++)
        if ((blocks[i] = malloc(WORDS * sizeof *blocks[i])) != NULL)
            blocks[i][WORDS - 1] = on_event;
    for (int i = 0; i < MANY; i++)
        free((void *)blocks[i]);
    return 0;
}
