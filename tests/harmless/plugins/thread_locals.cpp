// SPDX-License-Identifier: MIT
/* Has a thread_local whose destructor allocates, says so, and makes another one. */
#include "../observe.h"
#include <string>

struct Last {
    std::string text = std::string(50, 'z');
    ~Last()
    {
        say("  the last thread_local: %zu\n", text.size());
    }
};

static void touch_last()
{
    static thread_local Last last;
    last.text += "!";
}

struct Local {
    std::string text = std::string(100, 'x');
    ~Local()
    {
        text += std::string(1000, 'y');
        free(malloc(300));
        say("  a thread_local: %zu\n", text.size());
        touch_last();
    }
};

EXPORT(size_t, touch, void)
{
    static thread_local Local local;
    return local.text.size();
}
