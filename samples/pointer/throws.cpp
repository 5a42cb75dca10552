// SPDX-License-Identifier: MIT
/* Throws an exception of a class of its own, which its host (catches.cpp) handles. */
#include "plugin.h"

namespace
{
struct Oops {
    int code = 7;
};
} // namespace

ENTRY(use_exception)
{
    throw Oops();
}
