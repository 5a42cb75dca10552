// SPDX-License-Identifier: MIT
/*
 * Defect: the same through another library: it registers handlers of this plug-in, in its own name
 * (start, start_kept), or a handler of its own that gets data of this plug-in (start_data).
 *
 * Report: exit-handler about this plug-in, unless the library is unloaded with it: then the C
 * library runs start_kept()'s handler while the plug-in is still mapped. Each C++ object of a
 * foreign class leaves a handler of the library in the name of the plug-in (start_own): this is
 * clean.
 */
#include "plugin.h"
#include "support.h"

#include <stddef.h>

int __cxa_atexit(void (*handler)(void *), void *argument, void *whose);
extern void *__dso_handle;

static int ended;
static int session;

static void session_exit(int status, void *argument)
{
    (void)status;
    (void)argument;
    ended++;
}

static void session_destroy(void *argument)
{
    (void)argument;
    ended++;
}

ENTRY(start)
{
    return support_on_exit(session_exit, NULL) == 0 ? 0 : -1;
}

ENTRY(start_kept)
{
    return support_atexit(session_destroy, NULL) == 0 ? 0 : -1;
}

ENTRY(start_data)
{
    return support_on_exit(support_ended, &session) == 0 ? 0 : -1;
}

ENTRY(start_own)
{
    return __cxa_atexit(support_destroy, &session, &__dso_handle) == 0 ? 0 : -1;
}
