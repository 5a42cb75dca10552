// SPDX-License-Identifier: MIT
/* Leaves nothing. */
#include <stdlib.h>

static void *block;

void take(void);
void give(void);

void take(void)
{
    block = malloc(10);
}

void give(void)
{
    free(block);
}
