// SPDX-License-Identifier: MIT
/*
 * Defect: the same from C++: a lambda for on_exit(). start_clean() leaves things that every C++
 * program leaves: a static object, and handlers of std::atexit() and std::at_quick_exit().
 *
 * Report: exit-handler about this plug-in.
 */
#include "plugin.h"

#include <cstdio>
#include <cstdlib>

namespace
{

int ended;

struct Session {
    ~Session()
    {
        std::puts("the session is over");
    }
};

} // namespace

ENTRY(start)
{
    return on_exit([](int, void *) { ended++; }, nullptr) == 0 ? 0 : -1;
}

ENTRY(start_clean)
{
    static Session session;

    if (std::at_quick_exit([] { ended++; }) != 0)
        return -1;
    return std::atexit([] { std::puts("the handler has run"); }) == 0 ? 0 : -1;
}
