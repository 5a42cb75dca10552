// SPDX-License-Identifier: MIT
/* The same from C++. */
#include "host.h"
#include "plugin.h"

#include <memory>
#include <string>
#include <vector>

namespace
{
std::vector<std::string> *names;
std::unique_ptr<std::string> kept;
} // namespace

ENTRY(use_vector)
{
    names = new std::vector<std::string>;
    for (int i = 0; i < 4; i++)
        names->push_back(SECRET);
    return 0;
}

/* Clean: the variable's destructor frees it. */
ENTRY(use_unique)
{
    kept = std::make_unique<std::string>(SECRET);
    return 0;
}
