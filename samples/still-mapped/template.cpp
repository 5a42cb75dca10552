// SPDX-License-Identifier: MIT
/*
 * Defect: a variable of a template of the C++ library, which this file compiles, must be one and
 * the same in the whole process.
 *
 * Report: still-mapped, with that symbol.
 *
 * Fix: the same file, compiled with -fno-gnu-unique (template-not-unique.so).
 */
#include "plugin.h"

#include <memory>

ENTRY(start)
{
    auto number = std::make_shared<int>(42);

    return *number == 42 ? 0 : -1;
}
