// SPDX-License-Identifier: MIT
/* A plug-in that makes a constant table of its own writable as it is loaded, and later puts another
 * plug-in's function there. */
#include "host.h"
#include "plugin.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static int do_nothing(void)
{
    return 0;
}

static host_function *const table[2] = {do_nothing, do_nothing};

__attribute__((constructor)) static void unprotect(void)
{
    uintptr_t size = (uintptr_t)sysconf(_SC_PAGESIZE);

    mprotect((void *)((uintptr_t)table & ~(size - 1)), size, PROT_READ | PROT_WRITE);
}

ENTRY(take)
{
    *(host_function *volatile *)(uintptr_t)&table[1] = host_driver(1);
    host_register(1, NULL, NULL);
    return table[0]();
}
