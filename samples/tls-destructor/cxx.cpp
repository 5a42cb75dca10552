// SPDX-License-Identifier: MIT
/*
 * The same from C++: a thread_local object with a destructor. It is made, and the destructor
 * registered, when a thread uses it for the first time.
 *
 * cxx-nodelete.so is this, linked with -z nodelete: two reasons to stay.
 */
#include "plugin.h"

#include <string>

namespace
{

struct Session {
    std::string user = SECRET;
    ~Session()
    {
        user.clear();
    }
};

thread_local Session session;

} // namespace

ENTRY(start)
{
    return session.user.empty() ? -1 : 0;
}

/* The class is the same, but it is made and destroyed by the caller. */
ENTRY(start_clean)
{
    Session own;

    return own.user.empty() ? -1 : 0;
}
