// SPDX-License-Identifier: MIT
/* A C++ library with a thread_local cache, which library.cpp needs. */
#include "helper.h"
#include "plugin.h"

#include <string>

namespace
{

struct Cache {
    std::string text = SECRET;
    ~Cache()
    {
        text.clear();
    }
};

thread_local Cache cache;

} // namespace

int helper_use()
{
    return cache.text.empty() ? -1 : 0;
}
