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

typedef int protector(void *page, size_t size, int protection);

/* Read-only again afterwards. 0: success. */
static inline int write_constant(protector *protect, host_function *const *slot,
                                 host_function *function)
{
    uintptr_t size = (uintptr_t)sysconf(_SC_PAGESIZE);
    void *page = (void *)((uintptr_t)slot & ~(size - 1));

    if (protect(page, size, PROT_READ | PROT_WRITE) != 0)
        return -1;
    *(host_function *volatile *)(uintptr_t)slot = function;
    return protect(page, size, PROT_READ);
}

#endif
