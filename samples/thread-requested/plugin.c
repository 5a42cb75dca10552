// SPDX-License-Identifier: MIT
/*
 * What it has: the plug-in makes a library start a thread, which runs on in the library when the
 * plug-in is gone. Nothing is wrong with that by itself: the library has a shared timer thread. But
 * the plug-in caused it, and does not stop it.
 *
 * What dlpin says: thread-requested, held, note: which library, and on whose behalf.
 *
 * How it is done right: tidy.c, or the host starts such threads itself, before it loads plug-ins.
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
