// SPDX-License-Identifier: MIT
/*
 * What it has: a need of needed.so (DT_NEEDED), so that this stays mapped when it is closed.
 *
 * What dlpin says of a thread that runs in needed.so then: thread-routine, held. Nobody asked for
 * the module to stay, so the thread is a mistake.
 */
#include "plugin.h"

ENTRY(start_two);

/* The host does not call this. */
ENTRY(start)
{
    return start_two();
}
