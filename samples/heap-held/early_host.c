// SPDX-License-Identifier: MIT
/* The host needs the library, too, so that it comes with the program. */
#include "early.h"

extern void (*const host_early_add)(const void *data);
void (*const host_early_add)(const void *data) = early_add;
