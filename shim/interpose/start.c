// SPDX-License-Identifier: MIT
#include "interpose/keep.h"
#include "interpose/real.h"
#include "lifecycle/start.h"

/* Before the constructors of other libraries, as far as the loader's order lets it. */
__attribute__((constructor(101))) static void start(void)
{
    real_resolve();
    lifecycle_start();
    keep_prevented();
}
