// SPDX-License-Identifier: MIT
/*
 * Defect: a static variable in an inline function, which must be one and the same in the whole
 * process. GCC makes its symbol STB_GNU_UNIQUE, and the first module that defines such a one is
 * never unmapped.
 *
 * Report: still-mapped, with that symbol.
 *
 * Fix: the same file, compiled with -fno-gnu-unique (cxx-tidy.so).
 */
#include "plugin.h"

template <typename T> struct Counter {
    static int &count()
    {
        static int number;

        return number;
    }
};

/* So that it is not made local to this file. */
int &cxx_count()
{
    return Counter<int>::count();
}

ENTRY(start)
{
    return cxx_count()++ == 0 ? 0 : -1;
}
