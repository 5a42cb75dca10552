// SPDX-License-Identifier: MIT
/* The same from C++: a std::mutex with static storage that the plug-in still has locked. */
#include "plugin.h"

#include <mutex>

extern "C" {
extern std::mutex use_mutex;
std::mutex use_mutex;
}

ENTRY(start)
{
    use_mutex.lock();
    return 0;
}

ENTRY(stop)
{
    use_mutex.unlock();
    return 0;
}
