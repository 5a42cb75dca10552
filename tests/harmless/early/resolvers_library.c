// SPDX-License-Identifier: MIT
/*
 * Calls before constructors: a resolver allocates while a library is relocated, which comes before
 * the preloaded library is relocated itself.
 */
#include "../observe.h"

int call_indirect(void);
void resolver_free(void);

int main(void)
{
    say("%d\n", call_indirect());
    resolver_free();
    say("%d\n", call_indirect());
    return observe_status();
}
