// SPDX-License-Identifier: MIT
/* A stream of the C++ library that the plug-in never deletes, and one that it does. */
#include "plugin.h"

#include <fstream>

ENTRY(start)
{
    auto *stream = new std::ifstream("/dev/null");

    return stream->is_open() ? 0 : -1;
}

namespace
{
struct Session {
    int number = 0;
    std::ifstream stream{"/dev/null"};
};
} // namespace

ENTRY(start_member)
{
    auto *session = new Session;

    return session->stream.is_open() ? 0 : -1;
}

ENTRY(start_closed)
{
    auto *session = new Session;

    session->stream.close();
    return session->number;
}

ENTRY(start_clean)
{
    std::ifstream stream("/dev/null");

    return stream.is_open() ? 0 : -1;
}
