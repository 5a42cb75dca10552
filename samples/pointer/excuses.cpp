// SPDX-License-Identifier: MIT
/* A library that keeps the last exception, as a worker thread does for its caller. */
#include "excuses.h"

/* Never destroyed: with an exception of a module that is gone that would be the end. */
static std::exception_ptr &last = *new std::exception_ptr;

void excuses_keep(std::exception_ptr excuse)
{
    last = excuse;
}
