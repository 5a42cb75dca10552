// SPDX-License-Identifier: MIT
/*
 * "Nothing of libunwind (or any other dependency)": a plug-in whose library defines unw_step gets
 * that one, and a plug-in that brings its own liblzma.so.5 gets its own.
 */
#include "../observe.h"

int main(void)
{
    for (int round = 0; round < 2; round++) {
        void *handle = open_plugin("./own_user.so", RTLD_NOW | RTLD_LOCAL);
        int (*own_user)(void) = (int (*)(void))symbol(handle, "own_user");
        check(own_user());
        dlclose(handle);
        check(!is_mapped("liblzma.so.5"));
        leave_something();
    }
    return observe_status();
}
