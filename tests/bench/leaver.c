// SPDX-License-Identifier: MIT
/* A plug-in that leaves something behind: a pointer to a function in the host's table, and a block.
 */
#include <stdlib.h>

typedef void callback(void);

void leave(callback **slot);

static int calls;

static void call_back(void)
{
    calls++;
}

void leave(callback **slot)
{
    *slot = call_back;
    if (!malloc(100))
        abort();
}
