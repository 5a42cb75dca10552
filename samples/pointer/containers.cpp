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
#elif defined(IN_DEQUE) || defined(IN_QUEUE)
std::deque<observer *> observers;
#elif defined(IN_RANGE)
struct Range {
    std::deque<observer *>::iterator first, last;
    std::deque<observer *> observers;
};

Range range;
auto &observers = range.observers;
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
#elif defined(IN_RANGE)
    range.first = range.last = observers.begin();
#endif
}

void observers_remove(observer *function)
{
#ifdef CLEARED
    (void)function;
    observers.clear();
#elif defined(IN_QUEUE)
    for (std::size_t left = observers.size(); left > 0; left--) {
        observer *next = observers.front();
        observers.pop_front();
        if (next != function)
            observers.push_back(next);
    }
#else
    observers.erase(std::remove(observers.begin(), observers.end(), function), observers.end());
#endif
}

void observers_empty_at_exit()
{
}
