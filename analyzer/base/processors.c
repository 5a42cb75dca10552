// SPDX-License-Identifier: MIT
#include "base/processors.h"

#include <sched.h>
#include <unistd.h>

unsigned processors_usable(void)
{
    cpu_set_t set;
    long online;

    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return (unsigned)CPU_COUNT(&set);
    /* The machine has more processors than the set has room for. */
    online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}
