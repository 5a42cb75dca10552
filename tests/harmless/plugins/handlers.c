// SPDX-License-Identifier: MIT
/* Registers handlers for the end of the process and of itself, and says when each runs. */
#include "../observe.h"

static void by_atexit(void)
{
    say("  atexit of the plug-in\n");
}

__attribute__((destructor)) static void stop(void)
{
    say("  destructor of the plug-in\n");
}

EXPORT(void, register_handlers, void)
{
    atexit(by_atexit);
    free(strdup("a block"));
}
