// SPDX-License-Identifier: MIT
/*
 * Defect: a string of this plug-in in the environment: putenv() does not copy it. Or it is entered
 * in the list by hand (start_entry), or the list itself is the plug-in's (start_list).
 *
 * Consequence: the next getenv() or exec reads where the string was.
 *
 * Report: environment, dangling, error.
 *
 * Fix: tidy.c.
 */
#include "plugin.h"

#include <stdlib.h>
#include <unistd.h>

static char setting[] = "SAMPLES_MODE=fast";

ENTRY(start)
{
    return putenv(setting) == 0 ? 0 : -1;
}

/* This string replaces an entry of the host's. */
ENTRY(start_entry)
{
    if (setenv("SAMPLES_MODE", "slow", 1) != 0)
        return -1;
    for (char **entry = environ; *entry; entry++)
        if (entry[1] == NULL)
            *entry = setting;
    return 0;
}

static char *list[] = {setting, NULL};

ENTRY(start_list)
{
    environ = list;
    return 0;
}
