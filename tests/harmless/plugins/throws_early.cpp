// SPDX-License-Identifier: MIT
/* Throws in its constructor. */
#include "../observe.h"

__attribute__((constructor)) static void start()
{
    throw 42;
}
