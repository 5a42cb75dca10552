// SPDX-License-Identifier: MIT
/* A library that keeps the last exception, as a worker thread does for its caller. */
#include "excuses.h"

/* Never destroyed: the process would die at an exception of an unloaded module. */
static std::exception_ptr &last = *new std::exception_ptr;

void excuses_keep(std::exception_ptr excuse)
{
    last = excuse;
}
