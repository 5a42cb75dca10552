// SPDX-License-Identifier: MIT
/*
 * Calls that open, close and map work as without the shim, also in a module whose calls are
 * recorded: modes, flags, errors, errno, cancellation, in signal handlers and in children of vfork.
 */
#include "../observe.h"

static void call(void *handle, const char *name)
{
    void (*function)(void);
    *(void **)&function = symbol(handle, name);
    say("%s\n", name);
    function();
}

int main(void)
{
    static const char *const names[] = {"say_modes", "say_errors", "say_cancelled", "say_handled",
                                        "leave_open"};
    void *handle = open_plugin("./opening.so", RTLD_NOW);
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        call(handle, names[i]);
    dlclose(handle);
    say("unloaded: %d\n", !is_mapped("opening.so"));
    return observe_status();
}
