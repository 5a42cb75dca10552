// SPDX-License-Identifier: MIT
/* Its constructor does not end: it calls a function of the program that stands still. */
#include "../observe.h"

__attribute__((constructor)) static void start(void)
{
    void (*stand_still)(void) = (void (*)(void))symbol(RTLD_DEFAULT, "stand_still");
    stand_still();
}
