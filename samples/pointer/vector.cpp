// SPDX-License-Identifier: MIT
// A std::vector, which is destroyed when the program ends.
#include "observers.h"

#include <cstdlib>
#include <vector>

static std::vector<observer *> observers;

void observers_add(observer *function)
{
    observers.push_back(function);
}

void observers_remove(observer *function)
{
    for (auto &place : observers)
        if (place == function)
            place = nullptr;
}

void observers_empty_at_exit()
{
    std::atexit([] { std::vector<observer *>().swap(observers); });
    std::at_quick_exit([] { std::vector<observer *>().swap(observers); });
}
