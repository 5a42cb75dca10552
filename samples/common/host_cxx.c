// SPDX-License-Identifier: MIT
/* A call of the run-time library, so that no linker leaves it out of host-cxx. */
#include "cxx_runtime.h"

runtime_handler *host_set_terminate(runtime_handler *handler);

runtime_handler *host_set_terminate(runtime_handler *handler)
{
    return runtime_set_terminate(handler);
}
