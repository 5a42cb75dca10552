// SPDX-License-Identifier: MIT
/*
 * Defect: variables of the C++ library that must be one and the same in the whole process. The
 * library itself is linked in, so how this file is compiled does not matter.
 *
 * Report: still-mapped, with such a symbol.
 *
 * Fix: the same file, linked with -Wl,--exclude-libs,ALL (std-excluded.so) or with a version script
 * that exports only the entry points (std-entries.so).
 */
#include "plugin.h"

#include <locale>
#include <sstream>

ENTRY(start)
{
    std::ostringstream text;

    text.imbue(std::locale::classic());
    text << 42;
    return text.str() == "42" ? 0 : -1;
}
