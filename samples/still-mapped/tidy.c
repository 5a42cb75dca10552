// SPDX-License-Identifier: MIT
/*
 * The clean twin of plugin.c, and what the other files here need: without a mark, it is unmapped by
 * dlclose, and begins anew when it is opened again.
 */
#include "plugin.h"

static int starts;

ENTRY(start)
{
    return starts++ == 0 ? 0 : -1;
}

/* The module that library.c and needer.c need. */
int tidy_answer(void);

int tidy_answer(void)
{
    return 42;
}
