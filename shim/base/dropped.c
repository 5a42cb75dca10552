// SPDX-License-Identifier: MIT
#include "base/dropped.h"

_Atomic unsigned long dropped[DROP_COUNT];
