// SPDX-License-Identifier: MIT
/* A plug-in that stays while others come and go, and leaves blocks behind, through libc and by
 * itself. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 2000 };

static atomic_int count;
static char *volatile last;

void leave_something(void);
int left(void);

/* Nothing leads to a block once the next one was made. */
void leave_something(void)
{
    if (atomic_load(&count) >= MOST) {
        free(strdup("not left"));
        return;
    }
    atomic_fetch_add(&count, 2);
    last = malloc(40);
    last = strdup("left by the plug-in that stays, longer than a word");
    last = NULL;
}

int left(void)
{
    return atomic_load(&count);
}
