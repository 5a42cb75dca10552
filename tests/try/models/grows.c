// SPDX-License-Identifier: MIT
/* Leaves a block each time. */
#include <stdlib.h>

void *volatile lost;

void leak(void);

void leak(void)
{
    lost = malloc(100);
    lost = NULL;
}

__attribute__((constructor)) static void start(void)
{
    leak();
}
