// SPDX-License-Identifier: MIT
/*
 * Defect: a C++ library of its own, linked in, with the memory that it reserves for exceptions when
 * malloc fails. Nobody can free this memory.
 *
 * Report: heap-lost, with that memory.
 *
 * Fix: the same file with the shared library (pool-tidy.so).
 */
#include "plugin.h"

#include <stdexcept>

ENTRY(start)
{
    try {
        throw std::runtime_error(SECRET);
    } catch (const std::exception &) {
        return 0;
    }
}
