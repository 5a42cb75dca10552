// SPDX-License-Identifier: MIT
/*
 * "Same C++ exceptions": one thrown by a plug-in's constructor does not come out of dlopen: glibc
 * ends the process, with the same words and status.
 */
#include "../observe.h"

int main()
{
    try {
        dlopen("./throws_early.so", RTLD_NOW);
    } catch (int thrown) {
        say("caught %d\n", thrown);
        _exit(thrown);
    }
    return 1;
}
