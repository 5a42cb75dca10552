// SPDX-License-Identifier: MIT
#include "forms.c"
