// SPDX-License-Identifier: MIT
#include "base/guard.h"

__thread struct guard guard __attribute__((tls_model("initial-exec")));
