// SPDX-License-Identifier: MIT
/* A stream of the C++ library that the plug-in never deletes, and one that it does. */
#include "plugin.h"

#include <fstream>

ENTRY(start)
{
    auto *stream = new std::ifstream("/dev/null");

    return stream->is_open() ? 0 : -1;
}

ENTRY(start_clean)
{
    std::ifstream stream("/dev/null");

    return stream.is_open() ? 0 : -1;
}
