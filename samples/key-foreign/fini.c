// SPDX-License-Identifier: MIT
/*
 * What it has: the classic in full: the key is made when it is first needed, which it never was,
 * and the ELF destructor deletes it without asking.
 *
 * What dlpin says: key-foreign, misuse, warning. How it is done right: tidy.c.
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
