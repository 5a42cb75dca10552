// SPDX-License-Identifier: MIT
/*
 * Defect: another library makes the timer: with a function of this plug-in (start), or with a
 * function of its own, which gets data of this plug-in (start_data).
 *
 * Report: timer about this plug-in.
 */
#include "plugin.h"
#include "support.h"

static int ticks;

static void tick(union sigval value)
{
    (void)value;
    ticks++;
}

ENTRY(start)
{
    return support_timer(tick, NULL) == 0 ? 0 : -1;
}

ENTRY(start_data)
{
    return support_timer(support_tick, &ticks) == 0 ? 0 : -1;
}

ENTRY(start_own)
{
    return support_timer(support_tick, NULL) == 0 ? 0 : -1;
}
