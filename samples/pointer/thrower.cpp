// SPDX-License-Identifier: MIT
/*
 * Defect: an exception of a class of its own, which a library keeps. Its type, its destructor and
 * its virtual functions lie in the plug-in.
 *
 * Report: pointer, of the exception object.
 *
 * Fix: drop(), after which nobody has the exception any more.
 */
#include "excuses.h"
#include "plugin.h"

#include <stdexcept>

namespace
{
struct Excuse : std::exception {
    const char *what() const noexcept override
    {
        return "it was late";
    }
};
} // namespace

ENTRY(use_exception)
{
    try {
        throw Excuse();
    } catch (const Excuse &) {
        excuses_keep(std::current_exception());
    }
    return 0;
}

ENTRY(stop)
{
    excuses_keep(nullptr);
    return 0;
}
