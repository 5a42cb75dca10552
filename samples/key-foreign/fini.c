// SPDX-License-Identifier: MIT
/*
 * Defect: the full classic: the plug-in would make the key when it first needs it, but never needs
 * it; the ELF destructor deletes the key without checking.
 *
 * Report: key-foreign, misuse, warning. Fix: tidy.c.
 */
#include "plugin.h"

#include <pthread.h>

static pthread_key_t session;
static int errors;

ENTRY(start)
{
    return pthread_key_create(&session, NULL) == 0 ? 0 : -1;
}

__attribute__((destructor)) static void plugin_fini(void)
{
    if (pthread_key_delete(session) != 0)
        errors++;
}
