// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: it takes back what it gave; and what the host is to keep, the host
 * makes. */
#include "host.h"
#include "plugin.h"

#include <stdlib.h>
#include <string.h>

static char *text;

ENTRY(use_list)
{
    text = strdup(SECRET);
    host_list_add(text);
    return 0;
}

ENTRY(use_host_block)
{
    host_list_add(host_copy(SECRET));
    return 0;
}

ENTRY(stop)
{
    host_list_remove();
    free(text);
    return 0;
}
