// SPDX-License-Identifier: MIT
/*
 * Defect: the plug-in makes a library start a thread, which runs on in the library after the
 * unload. Nothing is wrong with that by itself: the library has a shared timer thread. But the
 * plug-in caused it, and does not stop it.
 *
 * Report: thread-requested, held, note: with the library, and the plug-in that caused the thread.
 *
 * Fix: tidy.c, or the host starts such threads itself, before it loads plug-ins.
 */
#include "plugin.h"
#include "support.h"

ENTRY(start)
{
    return support_timer_schedule() == 0 ? 0 : -1;
}

ENTRY(stop)
{
    return support_stop() == 0 ? 0 : -1;
}
