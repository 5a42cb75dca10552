// SPDX-License-Identifier: MIT
/* Refers to the indirect function by a pointer, which is resolved when this library is relocated.
 */
#include "../observe.h"

int indirect(void);

int (*const volatile indirect_pointer)(void) = indirect;

EXPORT(int, call_indirect, void)
{
    return indirect_pointer();
}
