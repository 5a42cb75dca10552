// SPDX-License-Identifier: MIT
#include "base/action.h"
#include "support.h"

static void handle(int number)
{
    (void)number;
}

Test(action, caught_signals_are_those_with_a_handler)
{
    uint64_t usr1 = (uint64_t)1 << (SIGUSR1 - 1), last = (uint64_t)1 << (SIGRTMAX - 1);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGUSR2, SIG_IGN);
    cr_assert_eq(action_caught() & (usr1 | last), 0);
    signal(SIGUSR1, handle);
    signal(SIGRTMAX, handle);
    cr_assert_eq(action_caught() & (usr1 | last), usr1 | last);
    cr_assert_eq(action_caught() >> (SIGUSR2 - 1) & 1, 0, "an ignored one has none");
}
