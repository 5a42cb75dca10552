// SPDX-License-Identifier: MIT
/*
 * A host in C, and a local plug-in that brings its own operator new: the plug-in's is called, since
 * without the shim nothing in the global scope defines one.
 */
#include "../observe.h"

int main(void)
{
    for (int round = 0; round < 2; round++) {
        void *handle = open_plugin("./own_new.so", RTLD_NOW | RTLD_LOCAL);
        void (*use_new)(void) = (void (*)(void))symbol(handle, "use_new");
        int (*count_news)(void) = (int (*)(void))symbol(handle, "count_news");
        use_new();
        say("new and delete: %d\n", count_news());
        dlclose(handle);
        void *other = open_plugin("./plain_new.so", RTLD_NOW | RTLD_LOCAL);
        use_new = (void (*)(void))symbol(other, "use_new");
        use_new();
        dlclose(other);
    }
    return observe_status();
}
