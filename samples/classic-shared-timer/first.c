// SPDX-License-Identifier: MIT
/*
 * A classic of the servlet container: a library that all applications share has one timer thread,
 * which starts with the first use. The application that happens to come first has "started" it; in
 * Java its class loader is then held by that thread.
 *
 * Report: thread-requested, held, note, about the plug-in that came first, and nothing about the
 * other one. No crash follows: the thread runs in the library, which stays.
 *
 * Fix: the host starts the library's thread itself, before it loads plug-ins; or the library stops
 * its thread with its last user.
 */
#include "plugin.h"
#include "support.h"

ENTRY(start)
{
    return support_timer_schedule() == 0 ? 0 : -1;
}

/* The last user has the thread stopped. */
ENTRY(stop)
{
    return support_stop() == 0 ? 0 : -1;
}
