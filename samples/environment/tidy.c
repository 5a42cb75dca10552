// SPDX-License-Identifier: MIT
/*
 * The clean twin of plugin.c: setenv() copies the string; one that was given to putenv() is taken
 * out again in the destructor.
 */
#include "plugin.h"

#include <stdbool.h>
#include <stdlib.h>

static char setting[] = "SAMPLES_MODE=fast";
static bool is_set;

ENTRY(start)
{
    return setenv("SAMPLES_MODE", "fast", 1) == 0 ? 0 : -1;
}

ENTRY(start_put)
{
    is_set = putenv(setting) == 0;
    return is_set ? 0 : -1;
}

__attribute__((destructor)) static void end(void)
{
    if (is_set)
        unsetenv("SAMPLES_MODE");
}
