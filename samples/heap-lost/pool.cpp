// SPDX-License-Identifier: MIT
/*
 * What it has: a C++ library of its own, linked in, with the memory that it keeps for exceptions in
 * times of need. Nobody can free that.
 *
 * What dlpin says: heap-lost, with that memory.
 *
 * How it is done right: the same file with the shared library (pool-tidy.so).
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
