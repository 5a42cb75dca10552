// SPDX-License-Identifier: MIT
/*
 * "No deadlock with the loader lock … in constructors, destructors": both wait for threads that
 * allocate, make keys and start threads; then the same at the end of the process.
 */
#include "../observe.h"

int main(void)
{
    for (int round = 0; round < 3; round++)
        check(dlclose(open_plugin("./waiter.so", RTLD_NOW)) == 0);
    check(!is_mapped("waiter.so"));
    open_plugin("./waiter.so", RTLD_NOW);
    return observe_status();
}
