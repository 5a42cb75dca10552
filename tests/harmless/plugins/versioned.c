// SPDX-License-Identifier: MIT
/* A function in two versions. */
#include "../observe.h"

__asm__(".symver versioned_1, versioned@V_1");
__asm__(".symver versioned_2, versioned@@V_2");

EXPORT(int, versioned_1, void)
{
    return 1;
}

EXPORT(int, versioned_2, void)
{
    return 2;
}
