// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: it restores the previous disposition before the unload. */
#include "plugin.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

static volatile sig_atomic_t seen;
static struct sigaction before;
static bool started;

static void on_signal(int number)
{
    seen = number;
}

ENTRY(start)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigemptyset(&action.sa_mask);
    if (sigaction(SIGUSR1, &action, &before) != 0)
        return -1;
    started = true;
    return 0;
}

ENTRY(stop)
{
    started = false;
    return sigaction(SIGUSR1, &before, NULL) == 0 ? 0 : -1;
}

__attribute__((destructor)) static void tidy_fini(void)
{
    if (started)
        stop();
}
