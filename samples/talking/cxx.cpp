// SPDX-License-Identifier: MIT
/* The same from C++. */
#include "dlpin.h"
#include "host.h"
#include "plugin.h"

#include <string>

ENTRY(use_hand_over)
{
    auto *name = new std::string("short");

    host_list_add(name);
    dlpin_disown(name);
    return 0;
}

ENTRY(use_keep)
{
    dlpin_ignore_begin();
    host_list_add(new std::string(SECRET));
    dlpin_ignore_end();
    return 0;
}
