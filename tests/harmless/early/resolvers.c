// SPDX-License-Identifier: MIT
/*
 * Calls before constructors: an indirect function's resolver allocates while the program (which
 * comes after the preloaded library) is relocated.
 */
#include "../observe.h"

int indirect(void);
void resolver_free(void);

static int (*const volatile pointer)(void) = indirect;

int main(void)
{
    say("%d %d\n", pointer(), indirect());
    resolver_free();
    say("%d\n", indirect());
    return observe_status();
}
