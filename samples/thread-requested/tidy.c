// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: whoever had the library start its thread has it stopped again. */
#include "plugin.h"
#include "support.h"

ENTRY(start)
{
    return support_timer_schedule() == 0 ? 0 : -1;
}

__attribute__((destructor)) static void plugin_fini(void)
{
    support_stop();
}
