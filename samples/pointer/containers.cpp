// SPDX-License-Identifier: MIT
// Containers of the C++ library, HOLDER says which, that keep old words behind the end of their
// contents.
#include "observers.h"

#include <algorithm>
#include <deque>
#include <vector>

namespace
{
struct Owner {
    int number = 0;
    std::vector<observer *> observers;
};

#if defined(IN_BLOCK)
Owner *owner = new Owner;
auto &observers = owner->observers;
#elif defined(IN_THREAD)
thread_local std::vector<observer *> observers;
#elif defined(IN_DEQUE)
std::deque<observer *> observers;
#else
std::vector<observer *> observers;
#endif
} // namespace

#ifdef POINTED_TO
extern observer **first;
observer **first;
#endif

void observers_add(observer *function)
{
    observers.push_back(function);
#ifdef POINTED_TO
    first = observers.data();
#endif
}

void observers_remove(observer *function)
{
#ifdef CLEARED
    (void)function;
    observers.clear();
#else
    observers.erase(std::remove(observers.begin(), observers.end(), function), observers.end());
#endif
}

void observers_empty_at_exit()
{
}
