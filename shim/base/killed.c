// SPDX-License-Identifier: MIT
#include "base/killed.h"

#include <stdatomic.h>

static _Atomic unsigned counts[KILLED_SIGNALS + 1];

static bool is_signal(int signal)
{
    return signal > 0 && signal <= KILLED_SIGNALS;
}

void killed_note(int signal)
{
    if (is_signal(signal))
        atomic_fetch_add(&counts[signal], 1);
}

unsigned killed_count(int signal)
{
    return is_signal(signal) ? atomic_load(&counts[signal]) : 0;
}

bool killed_any(void)
{
    bool any = false;
    for (int signal = 1; signal <= KILLED_SIGNALS; signal++)
        any |= killed_count(signal) > 0;
    return any;
}

void killed_fork_child(void)
{
    for (int signal = 1; signal <= KILLED_SIGNALS; signal++)
        atomic_store(&counts[signal], 0);
}
