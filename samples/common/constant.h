// SPDX-License-Identifier: MIT
/*
 * Writing to what the loader made read-only: what libraries do that put a hook into a table of
 * functions.
 */
#ifndef SAMPLES_CONSTANT_H
#define SAMPLES_CONSTANT_H

#include "host.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Read-only again afterwards. 0: it went well. */
static inline int write_constant(host_function *const *slot, host_function *function)
{
    uintptr_t size = (uintptr_t)sysconf(_SC_PAGESIZE);
    void *page = (void *)((uintptr_t)slot & ~(size - 1));

    if (mprotect(page, size, PROT_READ | PROT_WRITE) != 0)
        return -1;
    *(host_function *volatile *)(uintptr_t)slot = function;
    return mprotect(page, size, PROT_READ);
}

#endif
