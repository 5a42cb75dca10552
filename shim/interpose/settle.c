// SPDX-License-Identifier: MIT
#include "interpose/settle.h"
#include "lifecycle/lifecycle.h"

void interpose_settle(void)
{
    lifecycle_settle();
}
