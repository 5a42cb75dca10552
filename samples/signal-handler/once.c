// SPDX-License-Identifier: MIT
/*
 * No finding: a handler for one time. The kernel sets SIG_DFL when the signal comes, so that
 * nothing is left at the unload. (If the signal has not come by then, there is a finding.)
 */
#include "plugin.h"

#include <signal.h>

static volatile sig_atomic_t seen;

static void on_signal(int number)
{
    seen = number;
}

ENTRY(start)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

    sigemptyset(&action.sa_mask);
    return sigaction(SIGUSR1, &action, 0) == 0 ? 0 : -1;
}
