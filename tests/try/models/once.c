// SPDX-License-Identifier: MIT
/* Leaves a block the first time that it is loaded in a process. */
#include <stdlib.h>

void *volatile lost;

__attribute__((constructor)) static void start(void)
{
    if (getenv("DLPIN_TEST_ONCE") != NULL)
        return;
    setenv("DLPIN_TEST_ONCE", "1", 1);
    lost = malloc(100);
    lost = NULL;
}
