// SPDX-License-Identifier: MIT
/* The same from C++. */
#include "host.h"
#include "plugin.h"

#include <string>

ENTRY(use_string)
{
    host_list_add(new std::string(SECRET));
    return 0;
}
