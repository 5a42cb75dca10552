// SPDX-License-Identifier: MIT
/*
 * Defect: this module needs needed.so (DT_NEEDED), so that needed.so stays mapped when it is
 * closed.
 *
 * Report, when a thread runs in needed.so then: thread-routine, held. Nobody asked for the module
 * to stay, so the thread is a mistake.
 */
#include "plugin.h"

ENTRY(start_two);

/* The host does not call this. */
ENTRY(start)
{
    return start_two();
}
