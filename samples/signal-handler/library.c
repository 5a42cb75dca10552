// SPDX-License-Identifier: MIT
/* The same, set by another library on behalf of the plug-in. */
#include "plugin.h"
#include "support.h"

#include <stddef.h>

static volatile sig_atomic_t seen;
static struct sigaction before;

static void on_signal(int number)
{
    seen = number;
}

ENTRY(start)
{
    return support_handle(SIGUSR1, on_signal, NULL) == 0 ? 0 : -1;
}

ENTRY(start_clean)
{
    return support_handle(SIGUSR1, on_signal, &before) == 0 ? 0 : -1;
}

ENTRY(stop)
{
    return sigaction(SIGUSR1, &before, NULL) == 0 ? 0 : -1;
}
