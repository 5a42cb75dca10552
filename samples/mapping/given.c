// SPDX-License-Identifier: MIT
/* Memory that the plug-in mapped and gave to the host. The host keeps the address in its list, in a
 * thread's variable, or in memory that leads there. */
/* mmap is to be mmap, not mmap64. */
#undef _FILE_OFFSET_BITS

#include "host.h"
#include "plugin.h"

#include <stddef.h>
#include <sys/mman.h>

enum { SIZE = 65536 };

static char *map(void)
{
    void *there = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return there != MAP_FAILED ? there : NULL;
}

ENTRY(give)
{
    char *there = map();

    host_list_add(there + 72);
    return there ? 0 : -1;
}

ENTRY(give_slot)
{
    char *there = map();

    host_set_slot(there);
    return there ? 0 : -1;
}

/* The first leads to the second. */
ENTRY(give_chain)
{
    char **first = (char **)map();

    if (!first)
        return -1;
    first[10] = map();
    host_list_add(first);
    return 0;
}
