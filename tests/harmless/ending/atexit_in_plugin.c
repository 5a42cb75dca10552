// SPDX-License-Identifier: MIT
/* The order of constructors, destructors and exit handlers across several plug-ins and dlclose. */
#include "../observe.h"

int main(void)
{
    void *handle = open_plugin("./handlers.so", RTLD_NOW);
    void (*of_plugin)(void) = (void (*)(void))symbol(handle, "register_handlers");
    of_plugin();
    of_plugin();
    say("closing\n");
    dlclose(handle);
    say("closed\n");
    open_plugin("./nester.so", RTLD_NOW);
    handle = open_plugin("./handlers.so", RTLD_NOW);
    of_plugin = (void (*)(void))symbol(handle, "register_handlers");
    of_plugin();
    open_plugin("./needing.so", RTLD_NOW | RTLD_GLOBAL);
    say("ending\n");
    return observe_status();
}
