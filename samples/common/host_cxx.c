// SPDX-License-Identifier: MIT
/* Functions that need the run-time library in host-cxx: no linker leaves it out. */
#include "cxx_runtime.h"

runtime_handler *host_set_terminate(runtime_handler *handler);

runtime_handler *host_set_terminate(runtime_handler *handler)
{
    return runtime_set_terminate(handler);
}
