// SPDX-License-Identifier: MIT
/*
 * Defect: the same from C++: the text of a short std::string lies in the object itself, and this
 * one is static. start_clean() has setenv() copy it.
 *
 * Report: environment about this plug-in.
 */
#include "plugin.h"

#include <cstdlib>
#include <string>

static std::string setting;

ENTRY(start)
{
    setting = "SAMPLES=fast";
    return putenv(&setting[0]) == 0 ? 0 : -1;
}

ENTRY(start_clean)
{
    setting = "fast";
    return setenv("SAMPLES", setting.c_str(), 1) == 0 ? 0 : -1;
}
