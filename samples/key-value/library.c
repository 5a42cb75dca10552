// SPDX-License-Identifier: MIT
/*
 * Defect: another library sets the value for the plug-in. The value decides who owns it, not the
 * caller that set it.
 *
 * Report: key-value about this plug-in, as in plugin.c. A block that the library made itself
 * (use_copy) is the library's, which stays: no finding.
 */
#include "host.h"
#include "plugin.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

static char settings[] = "the plug-in's own settings";

ENTRY(use_image)
{
    return support_set(host_key(), settings) == 0 ? 0 : -1;
}

ENTRY(use_strdup)
{
    char *block = strdup(SECRET);

    return block && support_set(host_key(), block) == 0 ? 0 : -1;
}

ENTRY(use_copy)
{
    char *block = support_copy(SECRET);

    return block && support_set(host_key(), block) == 0 ? 0 : -1;
}

ENTRY(stop)
{
    return support_set(host_key(), NULL) == 0 ? 0 : -1;
}
