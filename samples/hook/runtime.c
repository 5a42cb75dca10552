// SPDX-License-Identifier: MIT
/* A handler that another C++ library than libstdc++ keeps. */
#include "cxx_runtime.h"
#include "plugin.h"

#include <stdlib.h>

static runtime_handler *before;

static void session_terminate(void)
{
    abort();
}

ENTRY(start)
{
    before = runtime_set_terminate(session_terminate);
    return before ? 0 : -1;
}

ENTRY(stop)
{
    return runtime_set_terminate(before) == session_terminate ? 0 : -1;
}
